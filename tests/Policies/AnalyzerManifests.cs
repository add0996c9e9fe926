using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Wire;
using YamlDotNet.RepresentationModel;

namespace Dataplane.Tests.Policies;

/// <summary>
/// Manifests in which pods have no addresses, and workloads no pods: each workload gets one pod, each pod an address of
/// either family outside of all blocks that the suite's policies name. The analyzer takes pods of the host's network
/// for ordinary ones, and so they are made here.
/// </summary>
internal sealed class AnalyzerManifests
{
    private static readonly string[] PodMakers = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

    private readonly List<Pod> _pods = [];
    private readonly List<string> _workloads = [];

    public AnalyzerManifests(JsonElement files)
    {
        ClusterSnapshot all = ClusterSnapshot.Empty;
        Dictionary<string, string> owners = [];
        foreach (JsonProperty file in files.EnumerateObject())
        {
            string text = file.Value.GetString()!;
            foreach ((string kind, YamlMappingNode one) in ObjectsOf(text)) ReadOwner(kind, one, owners);
            ClusterSnapshot read = ManifestReader.ReadText(text, file.Name);
            all = all with
            {
                Namespaces = all.Namespaces.AddRange(read.Namespaces),
                NetworkPolicies = all.NetworkPolicies.AddRange(read.NetworkPolicies),
                AdminNetworkPolicies = all.AdminNetworkPolicies.AddRange(read.AdminNetworkPolicies),
                BaselineAdminNetworkPolicies = all.BaselineAdminNetworkPolicies.AddRange(
                    read.BaselineAdminNetworkPolicies),
                Findings = all.Findings.AddRange(read.Findings),
            };
            foreach (Pod pod in read.Pods) Add(pod, owners.GetValueOrDefault(pod.ToString(), $"{pod}[Pod]"));
        }

        Snapshot = all with { Pods = [.. _pods] };
    }

    public ClusterSnapshot Snapshot { get; }

    /// <summary>Of each pod: <c>namespace/name[Kind]</c>, as the analyzer's rows have it.</summary>
    public IReadOnlyList<string> Workloads => _workloads;

    public IpAddress AddressOf(int pod, bool isV4) =>
        Snapshot.Pods[pod].Addresses.First(address => address.IsV4 == isV4);

    /// <summary>
    /// Over IPv6: the analyzer's ipBlocks do not apply to pods, and none of them holds these addresses.
    /// </summary>
    public (FlowEnd From, FlowEnd To) Between(int from, int to) =>
        (new FlowEnd(from, AddressOf(from, isV4: false)), new FlowEnd(to, AddressOf(to, isV4: false)));

    private void Add(Pod pod, string workload)
    {
        int number = _pods.Count + 1;
        _workloads.Add(workload);
        _pods.Add(pod with
        {
            HostNetwork = false,
            Addresses =
            [
                IpAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"100.64.0.{number}")),
                IpAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"2001:db8:64::{number}")),
            ],
        });
    }

    private void ReadOwner(string kind, YamlMappingNode one, Dictionary<string, string> owners)
    {
        if (one.Children.TryGetValue("metadata", out YamlNode? meta) is false) return;

        var metadata = (YamlMappingNode)meta;
        string space = Text(metadata, "namespace") is { Length: > 0 } given ? given : "default";
        string name = $"{space}/{Text(metadata, "name")}";
        if (PodMakers.Contains(kind)) Add(PodOf(space, Text(metadata, "name"), one), $"{name}[{kind}]");
        if (kind != "Pod" || !metadata.Children.TryGetValue("ownerReferences", out YamlNode? references)) return;

        var owner = (YamlMappingNode)((YamlSequenceNode)references)[0];
        string maker = Text(owner, "kind") is { Length: > 0 } stated ? stated : "Pod";
        if (maker != "Node") owners[name] = $"{space}/{Text(owner, "name")}[{maker}]";
    }

    private static Pod PodOf(string space, string name, YamlMappingNode workload)
    {
        var template = (YamlMappingNode)workload["spec"]["template"];
        IEnumerable<YamlMappingNode> ports = ((YamlSequenceNode)template["spec"]["containers"]).Cast<YamlMappingNode>()
            .Where(container => container.Children.ContainsKey("ports"))
            .SelectMany(container => (YamlSequenceNode)container["ports"]).Cast<YamlMappingNode>()
            .Where(port => port.Children.ContainsKey("containerPort"));
        var metadata = (YamlMappingNode)template["metadata"];
        IEnumerable<KeyValuePair<YamlNode, YamlNode>> labels =
            metadata.Children.TryGetValue("labels", out YamlNode? given) ? ((YamlMappingNode)given).Children : [];
        return new Pod(space, name, new SourceLine("workload", 1))
        {
            Labels = labels.ToImmutableDictionary(label => label.Key.ToString(), label => label.Value.ToString()),
            Ports = [.. ports.Select(PortOf)],
        };
    }

    private static ContainerPort PortOf(YamlMappingNode port) => new(
        Text(port, "name"),
        ushort.Parse(Text(port, "containerPort"), CultureInfo.InvariantCulture),
        Text(port, "protocol") is { Length: > 0 } protocol ? PolicySuites.ProtocolOf(protocol) : IpProtocol.Tcp);

    // The items of a PodList have no kind of their own.
    private static IEnumerable<(string Kind, YamlMappingNode Object)> ObjectsOf(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        foreach (YamlMappingNode root in stream.Documents.Select(document => document.RootNode)
            .OfType<YamlMappingNode>())
        {
            string kind = Text(root, "kind");
            if (!root.Children.TryGetValue("items", out YamlNode? items))
            {
                yield return (kind, root);
                continue;
            }

            foreach (YamlMappingNode item in ((YamlSequenceNode)items).Cast<YamlMappingNode>())
                yield return (Text(item, "kind") is { Length: > 0 } own ? own : kind[..^"List".Length], item);
        }
    }

    private static string Text(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out YamlNode? value) ? value.ToString() : "";
}
