using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Engines.KubeProxy;
using Dataplane.Engines.Services;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Contracts;

/// <summary>What is eBPF's alone: affinity stands in a map beside the tables.</summary>
public abstract class EbpfEngineContract : EngineContract<EbpfEngine>
{
    [Theory]
    [MemberData(nameof(Families))]
    public void Affinity_holds_to_the_nanosecond_and_while_the_backend_is_a_member(string frontend, string pods)
    {
        EbpfEngine engine = Compile(Sticky(frontend, pods), Names);
        FlowKey key = Key(Client(frontend, 1), frontend, 80, IpProtocol.Tcp);

        ServiceVerdict any = Ask(engine, Client(frontend, 1), frontend, 80, seed: 1);
        ServiceVerdict remembered = Enumerable.Range(2, 100)
            .Select(flow => Ask(engine, Client(frontend, flow), frontend, 80, seed: (ulong)flow))
            .First(verdict => verdict.Backend != any.Backend);
        Assert.Equal(100 * Second, any.AffinityTimeout);
        Affinity.Remember(in key, any.Service, remembered.Backend, now: 0, any.AffinityTimeout);

        Assert.Equal(remembered.BackendAddress, At(100 * Second - 1));
        Assert.Equal(any.BackendAddress, At(100 * Second));

        const uint Stranger = 1_000_000;
        Affinity.Remember(in key, any.Service, Stranger, now: 0, any.AffinityTimeout);
        Assert.Equal(any.BackendAddress, At(1));

        uint At(long now)
        {
            var draw = new Draw(1);
            return engine.Lookup(Syn(in key), State(now), ref draw).BackendAddress;
        }
    }
}

public sealed class EbpfEngineWithRandomChoice : EbpfEngineContract
{
    protected override EbpfEngine Compile(ClusterSnapshot snapshot, AddressNames names) =>
        new(EbpfTables.Compile(snapshot, names, EbpfOptions.Default));
}

public sealed class EbpfEngineWithMaglev : EbpfEngineContract
{
    protected override bool ChoosesByClient => true;

    protected override EbpfEngine Compile(ClusterSnapshot snapshot, AddressNames names) =>
        new(EbpfTables.Compile(snapshot, names, new EbpfOptions { Algorithm = LbAlgorithm.Maglev }));
}

public sealed class IptablesEngineWithKubeProxysRules : EngineContract<IptablesEngine>
{
    protected override IptablesEngine Compile(ClusterSnapshot snapshot, AddressNames names)
    {
        ServiceModel services = ServiceModel.Compile(snapshot);
        var node = new ProxyNode("node");
        IptablesNodes nodes = Own(new IptablesNodes(nodes: 1, (_, family) => NetfilterRules.Compile(
            KubeProxyRules.Write(services.At(node, family), KubeProxyOptions.Default), family, new InterfaceNames())));
        return new IptablesEngine(nodes, Questions(names), translatesAnything: false);
    }
}

public sealed class IpvsEngineWithRoundRobin : EngineContract<IpvsEngine>
{
    protected override IpvsEngine Compile(ClusterSnapshot snapshot, AddressNames names)
    {
        ServiceModel services = ServiceModel.Compile(snapshot);
        KubeProxyIpvs v4 = Mode(4), v6 = Mode(6);
        IpvsNodes nodes = Own(new IpvsNodes(nodes: 1, _ => new IpvsNode(
            IpvsTables.Compile([.. v4.VirtualServers, .. v6.VirtualServers], names, IpvsOptions.Default),
            Rules(v4, 4), Rules(v6, 6))));
        return new IpvsEngine(nodes, Questions(names));

        KubeProxyIpvs Mode(int family) =>
            KubeProxyIpvs.Compile(services.At(new ProxyNode("node"), family), KubeProxyIpvsOptions.Default);
    }

    /// <summary>Without the match ipvs, which is for what a node sends from a Service's own address.</summary>
    private static NodeRules Rules(KubeProxyIpvs mode, int family)
    {
        IEnumerable<string> lines = mode.Rules.Split('\n')
            .Where(line => !line.Contains(" -m ipvs ", StringComparison.Ordinal));
        string text = IpSet.Print(mode.IpSets) + string.Join('\n', lines);
        return new NodeRules(
            NetfilterRules.Compile(IptablesRuleset.Parse(text, "rules", family), family, new InterfaceNames()));
    }
}
