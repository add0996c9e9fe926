using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>Which endpoints of a port take new connections, and which only keep what they have.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EbpfBackends(uint[] Ids, int UsableCount)
{
    /// <summary>
    /// Ready endpoints are usable; if there are none, those that still serve while they terminate. Other terminating
    /// ones stand behind them; what is neither ready nor terminating is left out.
    /// </summary>
    public static EbpfBackends Of(IReadOnlyList<(ProxiedEndpoint Endpoint, uint Id)> endpoints)
    {
        bool anyReady = endpoints.Any(one => one.Endpoint.Ready);
        var usable = new List<uint>(endpoints.Count);
        var leaving = new List<uint>();
        foreach ((ProxiedEndpoint endpoint, uint id) in endpoints)
        {
            bool isUsable = anyReady ? endpoint.Ready : endpoint.Serving && endpoint.Terminating;
            if (isUsable) usable.Add(id);
            else if (endpoint.Terminating) leaving.Add(id);
        }

        return new EbpfBackends([.. usable, .. leaving], usable.Count);
    }
}

/// <summary>A port with its frontends, and the backends that they share.</summary>
internal sealed class EbpfPlan(ProxiedPort port, EbpfBackends everywhere)
{
    public ProxiedPort Port { get; } = port;

    public EbpfBackends Everywhere { get; } = everywhere;

    /// <summary>By number of the node, for nodes that have any; empty unless a policy is Local.</summary>
    public SortedDictionary<ushort, EbpfBackends> ByNode { get; } = [];

    public ImmutableArray<EbpfFrontend> Frontends { get; } = [.. FrontendsOf(port)];

    private static IEnumerable<EbpfFrontend> FrontendsOf(ProxiedPort port)
    {
        var first = new EbpfFrontend(port.ClusterIp, port.Service, port.Port)
        {
            Number = port.Port.Port,
            IsLocal = port.IsInternalPolicyLocal,
            SourceRanges = port.SourceRanges,
        };
        yield return first;

        bool hasTwoScopes = port.IsExternalPolicyLocal != port.IsInternalPolicyLocal;
        foreach (EbpfFrontend outer in OuterOf(port, first))
        {
            yield return outer;
            if (hasTwoScopes) yield return outer with { IsInternalScope = true, IsLocal = port.IsInternalPolicyLocal };
        }
    }

    private static IEnumerable<EbpfFrontend> OuterOf(ProxiedPort port, EbpfFrontend first)
    {
        EbpfFrontend outer = first with { IsLocal = port.IsExternalPolicyLocal };
        if (port.NodePort != 0)
        {
            IpAddress unspecified = port.Family == 4 ? IpAddress.FromV4(0) : IpAddress.FromV6(0);
            yield return outer with { Address = unspecified, Number = port.NodePort, Kind = EbpfFrontendKind.NodePort };
        }

        foreach (IpAddress address in port.ExternalIps)
            yield return outer with { Address = address, Kind = EbpfFrontendKind.ExternalIp };
        foreach (IpAddress address in port.LoadBalancerIps)
            yield return outer with { Address = address, Kind = EbpfFrontendKind.LoadBalancer };
    }
}
