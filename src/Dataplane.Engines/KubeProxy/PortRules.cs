using System.Collections.Immutable;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.KubeProxy;

/// <summary>What one Service port adds: its entries in the shared chains, its own chains, its endpoints'.</summary>
internal sealed class PortRules
{
    private const string MarkMasq = EndpointText.MarkMasq;

    private readonly TableBuilder _nat;
    private readonly KubeProxyOptions _options;
    private readonly LocalTraffic _local;
    private readonly EndpointRules _endpoints;
    private readonly IpAddress _nodeIp;
    private readonly IptablesOption[] _rejection;
    private readonly IptablesChain _nodePorts;
    private readonly IptablesChain _filterServices;
    private readonly IptablesChain _externalServices;
    private readonly IptablesChain _filterNodePorts;
    private readonly IptablesChain _firewall;

    public PortRules(
        TableBuilder nat, TableBuilder filter, NodeServices services, KubeProxyOptions options,
        bool hasEndpointComments)
    {
        int family = services.Family;
        _nat = nat;
        _options = options;
        _local = new LocalTraffic(options, services.Node, family);
        _endpoints = new EndpointRules(nat, new EndpointText(family, hasEndpointComments));
        _nodeIp = services.Node.Addresses.FirstOrDefault(address => address.Family == family);
        string rejection = family == 4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
        _rejection = [new IptablesOption("--reject-with", rejection)];

        Services = nat.New("KUBE-SERVICES");
        _nodePorts = nat.New("KUBE-NODEPORTS");
        _filterServices = filter.New("KUBE-SERVICES");
        _externalServices = filter.New("KUBE-EXTERNAL-SERVICES");
        _filterNodePorts = filter.New("KUBE-NODEPORTS");
        _firewall = filter.New("KUBE-PROXY-FIREWALL");
    }

    /// <summary>KUBE-SERVICES of nat, which ends with the jump to the node ports.</summary>
    public IptablesChain Services { get; }

    public void Write(NodeServicePort view)
    {
        var chains = new PortChains(view);
        CaptureClusterIp(view, chains);
        CaptureExternalIps(view, chains);
        CaptureLoadBalancer(view, chains);
        CaptureNodePort(view, chains);
        if (view.Port.HealthCheckNodePort != 0) AcceptHealthChecks(view.Port);
        if (!view.HasAnywhere) return;

        IptablesChain[] reachable = _endpoints.Write(view);
        if (!view.Cluster.IsEmpty)
            _endpoints.WriteChoice(
                chains.Cluster, view, view.Cluster, reachable, MasqueradeForeign(view, chains, chains.Cluster));
        if (!view.Local.IsEmpty)
            _endpoints.WriteChoice(
                chains.Local, view, view.Local, reachable, MasqueradeForeign(view, chains, chains.Local));
        if (view.Port.IsExternallyAccessible) WriteExternal(view, chains, _nat.New(chains.External));
        if (chains.HasFirewall) WriteFirewall(view.Port, chains, _nat.New(chains.Firewall));
    }

    private void CaptureClusterIp(NodeServicePort view, PortChains chains)
    {
        ProxiedPort port = view.Port;
        if (chains.HasInternal) Capture(Services, port, port.ClusterIp, "cluster IP", chains.Internal);
        else Refuse(_filterServices, view, port.ClusterIp);
    }

    private void CaptureExternalIps(NodeServicePort view, PortChains chains)
    {
        foreach (IpAddress address in view.Port.ExternalIps)
        {
            if (view.HasAnywhere) Capture(Services, view.Port, address, "external IP", chains.External);
            if (!chains.HasExternal) Refuse(_externalServices, view, address);
        }
    }

    private void CaptureLoadBalancer(NodeServicePort view, PortChains chains)
    {
        foreach (IpAddress address in view.Port.LoadBalancerIps)
        {
            string target = chains.HasFirewall ? chains.Firewall : chains.External;
            if (view.HasAnywhere) Capture(Services, view.Port, address, "loadbalancer IP", target);
            if (chains.HasFirewall)
                Capture(_firewall, view.Port, address, $"traffic not accepted by {chains.Firewall}", "DROP");
            if (!chains.HasExternal) Refuse(_externalServices, view, address);
        }
    }

    /// <summary>Source ranges do not hold for node ports.</summary>
    private void CaptureNodePort(NodeServicePort view, PortChains chains)
    {
        ProxiedPort port = view.Port;
        if (port.NodePort == 0) return;

        IptablesOption[] header = [RuleParts.Protocol(port.Protocol)];
        IptablesMatch destinationPort = RuleParts.DestinationPort(port.Protocol, port.NodePort);
        if (view.HasAnywhere)
        {
            _nodePorts.Add(new IptablesRule
            {
                Chain = _nodePorts.Name,
                Header = header,
                Matches = [RuleParts.Comment(port.Name), destinationPort],
                Target = chains.External,
            });
        }

        if (!chains.HasExternal)
        {
            Refuse(_externalServices, view, header,
                [RuleParts.Comment(Refusal(view)), RuleParts.DestinationIsLocal, destinationPort]);
        }
    }

    private void AcceptHealthChecks(ProxiedPort port) => _filterNodePorts.Add(new IptablesRule
    {
        Chain = _filterNodePorts.Name,
        Header = [RuleParts.Protocol(IpProtocol.Tcp)],
        Matches =
        [
            RuleParts.Comment($"{port.Name} health check node port"),
            RuleParts.DestinationPort(IpProtocol.Tcp, port.HealthCheckNodePort),
        ],
        Target = "ACCEPT",
    });

    /// <summary>
    /// Who is no pod may come from outside through this node: answers have to come back to it. Before the choice of the
    /// chain that takes the cluster IP's traffic.
    /// </summary>
    private IptablesRule? MasqueradeForeign(NodeServicePort view, PortChains chains, string chain)
    {
        if (!chains.HasInternal || chain != chains.Internal) return null;
        if (!_options.MasqueradeAll && !_local.CanTell) return null;

        ProxiedPort port = view.Port;
        IptablesOption destination = RuleParts.Destination(port.ClusterIp);
        IptablesOption protocol = RuleParts.Protocol(port.Protocol);
        return new IptablesRule
        {
            Chain = chain,
            Header = _options.MasqueradeAll ? [destination, protocol] : _local.IfNotLocal(destination, protocol),
            Matches =
            [
                RuleParts.Comment($"{port.Name} cluster IP"), RuleParts.DestinationPort(port.Protocol, port.Port.Port),
            ],
            Target = MarkMasq,
        };
    }

    /// <summary>Pods and the node itself take the short way around an external policy Local.</summary>
    private void WriteExternal(NodeServicePort view, PortChains chains, IptablesChain external)
    {
        string name = view.Port.Name;
        if (!view.Port.IsExternalPolicyLocal)
        {
            Add(external, [], [RuleParts.Comment($"masquerade traffic for {name} external destinations")], MarkMasq);
        }
        else
        {
            if (_local.CanTell)
            {
                Add(external, _local.IfLocal,
                    [RuleParts.Comment($"pod traffic for {name} external destinations")], chains.Cluster);
            }

            Add(external, [],
                [RuleParts.Comment($"masquerade LOCAL traffic for {name} external destinations"),
                    RuleParts.SourceIsLocal],
                MarkMasq);
            Add(external, [],
                [RuleParts.Comment($"route LOCAL traffic for {name} external destinations"), RuleParts.SourceIsLocal],
                chains.Cluster);
        }

        if (chains.HasExternal) Add(external, [], [], view.Port.IsExternalPolicyLocal ? chains.Local : chains.Cluster);
    }

    /// <summary>What no range lets through is not translated, and filter's KUBE-PROXY-FIREWALL drops it.</summary>
    private void WriteFirewall(ProxiedPort port, PortChains chains, IptablesChain firewall)
    {
        IptablesMatch[] comment = [RuleParts.Comment($"{port.Name} loadbalancer IP")];
        foreach (IpPrefix range in port.SourceRanges)
            Add(firewall, RuleParts.Source(range), comment, chains.External);

        // Where the address is the node's own, what the node sends to it has it as its source.
        if (!_nodeIp.IsNone && port.SourceRanges.Any(range => range.Contains(_nodeIp)))
        {
            foreach (IpAddress address in port.LoadBalancerIps)
                Add(firewall, [RuleParts.Source(address)], comment, chains.External);
        }

        Add(firewall, [],
            [RuleParts.Comment($"other traffic to {port.Name} will be dropped by KUBE-PROXY-FIREWALL")], target: null);
    }

    private static void Capture(IptablesChain chain, ProxiedPort port, IpAddress address, string what, string target) =>
        chain.Add(new IptablesRule
        {
            Chain = chain.Name,
            Header = [RuleParts.Destination(address), RuleParts.Protocol(port.Protocol)],
            Matches =
            [
                RuleParts.Comment($"{port.Name} {what}"), RuleParts.DestinationPort(port.Protocol, port.Port.Port),
            ],
            Target = target,
        });

    private void Refuse(IptablesChain chain, NodeServicePort view, IpAddress address)
    {
        ProxiedPort port = view.Port;
        Refuse(chain, view, [RuleParts.Destination(address), RuleParts.Protocol(port.Protocol)],
            [RuleParts.Comment(Refusal(view)), RuleParts.DestinationPort(port.Protocol, port.Port.Port)]);
    }

    /// <summary>Nobody anywhere: rejected. Nobody here, under policy Local: dropped.</summary>
    private void Refuse(
        IptablesChain chain, NodeServicePort view, IptablesOption[] header, IptablesMatch[] matches) =>
        chain.Add(new IptablesRule
        {
            Chain = chain.Name,
            Header = header,
            Matches = matches,
            Target = view.HasAnywhere ? "DROP" : "REJECT",
            TargetOptions = view.HasAnywhere ? RuleParts.Nothing : _rejection,
        });

    private static string Refusal(NodeServicePort view) =>
        view.HasAnywhere ? $"{view.Port.Name} has no local endpoints" : $"{view.Port.Name} has no endpoints";

    private static void Add(IptablesChain chain, IptablesOption[] header, IptablesMatch[] matches, string? target) =>
        chain.Add(new IptablesRule { Chain = chain.Name, Header = header, Matches = matches, Target = target });
}
