using System.Collections.Immutable;
using Dataplane.Cluster.Cni;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Engines.Services;

namespace Dataplane.Replay.Rules;

/// <summary>From manifests to a node's tables as the proxy's own tool would print them.</summary>
public static class RulesRunner
{
    private static readonly ImmutableArray<IRulesPrinter> Printers =
        [new IptablesRulesPrinter(), new IpvsRulesPrinter(), new EbpfRulesPrinter()];

    /// <summary>Proxies whose tables can be printed.</summary>
    public static IEnumerable<string> Proxies => Printers.Select(printer => printer.Proxy);

    /// <summary>What <c>--output</c> may be for a proxy.</summary>
    public static ImmutableArray<string> FormatsOf(string proxy) => PrinterOf(proxy).Formats;

    /// <exception cref="InvalidDataException">The manifests, a setting or the node's name cannot be used.</exception>
    public static RulesReport Run(RulesOptions options) => Run(ManifestReader.Read(options.Manifests), options);

    public static RulesReport Run(ClusterSnapshot snapshot, RulesOptions options)
    {
        IRulesPrinter printer = PrinterOf(options.Proxy);
        EmulationSettings settings = EmulationSettings.Parse(options.Settings);
        List<string> notes = [];
        ProxyNode node = FindNode(options.Node, snapshot, notes);
        NetworkModel network = CniProfiles.Compile(CniCatalog.Resolve(null, snapshot).Name, snapshot, settings);
        ServiceModel services = ServiceModel.Compile(snapshot);
        notes.AddRange(services.Notes);
        notes.AddRange(
            services.Ports.Where(port => IsOutside(port, settings.Proxy)).Select(port => NoteOf(port, settings.Proxy)));
        var request = new RulesRequest(services, node, network, settings)
        {
            Family = options.Family,
            WithSets = options.WithSets,
        };
        string text = printer.Print(request, options.Format ?? printer.Formats[0]);
        IEnumerable<string> damage = snapshot.Findings
            .Where(finding => finding.Severity == Severity.Damage)
            .Select(finding => finding.ToString());
        return new RulesReport(text, [.. notes.Distinct()], [.. damage]);
    }

    private static IRulesPrinter PrinterOf(string proxy) =>
        Printers.FirstOrDefault(printer => printer.Proxy == proxy)
        ?? throw new InvalidDataException(
            $"--proxy {proxy}: its tables are not printed yet; {string.Join(", ", Proxies)} are");

    private static ProxyNode FindNode(string? name, ClusterSnapshot snapshot, List<string> notes)
    {
        if (name is null && snapshot.Nodes.Length == 1) return ProxyNode.Of(snapshot.Nodes[0]);
        if (name is null)
        {
            string known = snapshot.Nodes.IsEmpty
                ? "the manifests have none"
                : "known: " + string.Join(", ", snapshot.Nodes.Take(10).Select(node => node.Name));
            throw new InvalidDataException($"whose rules? name a node with --node NAME ({known})");
        }

        Node? found = snapshot.Nodes.FirstOrDefault(node => node.Name == name);
        if (found is not null) return ProxyNode.Of(found);
        if (snapshot.Nodes.IsEmpty)
        {
            notes.Add($"the manifests have no Node: {name} is taken for one without addresses and podCIDR");
            return new ProxyNode(name);
        }

        string? nearest = NearestWord.Of(name, snapshot.Nodes.Select(node => node.Name));
        string hint = nearest is null ? "" : $": did you mean {nearest}?";
        throw new InvalidDataException($"--node {name}: the manifests have no such node{hint}");
    }

    private static bool IsOutside(ProxiedPort port, ProxySettings proxy) =>
        port.NodePort != 0 && (port.NodePort < proxy.NodePortRange.First || port.NodePort > proxy.NodePortRange.Last);

    private static string NoteOf(ProxiedPort port, ProxySettings proxy) =>
        $"{port.Port.Source}: Service {port.Service} has node port {port.NodePort}, outside of proxy.nodePortRange "
        + $"{proxy.NodePortRange.First}-{proxy.NodePortRange.Last}: no API server with that range gives it out";
}
