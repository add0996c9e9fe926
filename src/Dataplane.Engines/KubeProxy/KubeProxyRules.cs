using System.Collections.Immutable;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// The rules that kube-proxy v1.30 writes in iptables mode (pkg/proxy/iptables/proxier.go), as iptables-save would
/// print them: the tables mangle, nat and filter of one node.
/// </summary>
public static class KubeProxyRules
{
    /// <summary>From so many endpoints on, kube-proxy leaves out the comments of endpoints' rules.</summary>
    public const int LargeClusterEndpoints = 1000;

    /// <summary>Both families.</summary>
    public static IptablesRuleset Write(ServiceModel model, ProxyNode node, KubeProxyOptions options)
    {
        var ruleset = new IptablesRuleset($"kube-proxy at {node.Name}");
        foreach (int family in (ReadOnlySpan<int>)[4, 6]) Add(ruleset, model.At(node, family), options);
        return ruleset;
    }

    /// <summary>One family, 4 or 6.</summary>
    public static IptablesRuleset Write(NodeServices services, KubeProxyOptions options)
    {
        var ruleset = new IptablesRuleset($"kube-proxy at {services.Node.Name}");
        Add(ruleset, services, options);
        return ruleset;
    }

    private static void Add(IptablesRuleset ruleset, NodeServices services, KubeProxyOptions options)
    {
        int family = services.Family;
        var mangle = new TableBuilder("mangle", family, "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");
        var nat = new TableBuilder("nat", family, "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING");
        var filter = new TableBuilder("filter", family, "INPUT", "FORWARD", "OUTPUT");
        foreach (TableBuilder table in (ReadOnlySpan<TableBuilder>)[mangle, nat, filter])
            table.New("KUBE-PROXY-CANARY");

        var fixedRules = new FixedRules(nat, filter, services, options);
        bool isLarge = services.Ports.Sum(port => port.Port.Endpoints.Length) > LargeClusterEndpoints;
        var portRules = new PortRules(nat, filter, services, options, hasEndpointComments: !isLarge);
        foreach (NodeServicePort port in services.Ports) portRules.Write(port);
        fixedRules.WriteNodePortJumps(portRules.Services);

        ruleset.Add(mangle.Table);
        ruleset.Add(filter.Table);
        ruleset.Add(nat.Table);
    }
}
