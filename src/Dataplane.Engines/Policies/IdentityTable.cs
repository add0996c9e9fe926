using System.Collections.Immutable;
using System.Text;
using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>
/// Pods grouped into identities, with an index by label: a selector is asked about the identities that one of
/// its labels names, not about all.
/// </summary>
internal sealed class IdentityTable
{
    /// <summary>
    /// Every namespace carries this label with its own name (NamespaceDefaultLabelName; the API server sets it).
    /// </summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    private const int Nobody = -1;

    private readonly Dictionary<string, ImmutableDictionary<string, string>> _namespaces = [];
    private readonly Dictionary<(string Key, string Value), List<int>> _byLabel = [];
    private readonly Dictionary<string, List<int>> _byNamespace = [];

    public IdentityTable(ClusterSnapshot snapshot)
    {
        foreach (Namespace space in snapshot.Namespaces)
            _namespaces[space.Name] = space.Labels.SetItem(NameLabel, space.Name);
        Dictionary<string, int> known = [];
        List<PolicyIdentity> all = [];
        List<List<int>> pods = [];
        var ofPod = ImmutableArray.CreateBuilder<int>(snapshot.Pods.Length);
        for (int position = 0; position < snapshot.Pods.Length; position++)
        {
            Pod pod = snapshot.Pods[position];
            if (pod.HostNetwork || pod.IsTerminated || pod.Addresses.IsEmpty)
            {
                ofPod.Add(Nobody);
                continue;
            }

            ImmutableArray<ContainerPort> named = NamedPortsOf(pod);
            string key = KeyOf(pod, named);
            if (!known.TryGetValue(key, out int number))
            {
                known.Add(key, number = all.Count);
                pods.Add([]);
                all.Add(new PolicyIdentity(number, pod.Namespace, pod.Labels)
                {
                    NamespaceLabels = NamespaceLabelsOf(pod.Namespace),
                    NamedPorts = named,
                });
                Index(all[number]);
            }

            pods[number].Add(position);
            ofPod.Add(number);
        }

        OfPod = ofPod.MoveToImmutable();
        All = [.. all.Select((identity, number) => identity with { Pods = [.. pods[number]] })];
        Numbers = [.. Enumerable.Range(0, All.Length)];
    }

    public ImmutableArray<PolicyIdentity> All { get; }

    /// <summary>Numbers of all of them.</summary>
    public IReadOnlyList<int> Numbers { get; }

    public ImmutableArray<int> OfPod { get; }

    /// <summary>Namespaces in which pods are, with their labels.</summary>
    public IEnumerable<(string Name, ImmutableDictionary<string, string> Labels)> Namespaces =>
        _byNamespace.Keys.Select(name => (name, _namespaces[name]));

    public IReadOnlyList<int> InNamespace(string space) => _byNamespace.GetValueOrDefault(space) ?? [];

    /// <summary>Identities that have the label, in any namespace.</summary>
    public IReadOnlyList<int> WithLabel(string key, string value) => _byLabel.GetValueOrDefault((key, value)) ?? [];

    private ImmutableDictionary<string, string> NamespaceLabelsOf(string space)
    {
        if (_namespaces.TryGetValue(space, out ImmutableDictionary<string, string>? labels)) return labels;

        labels = ImmutableDictionary<string, string>.Empty.Add(NameLabel, space);
        _namespaces.Add(space, labels);
        return labels;
    }

    private void Index(PolicyIdentity identity)
    {
        if (!_byNamespace.TryGetValue(identity.Namespace, out List<int>? inside))
            _byNamespace.Add(identity.Namespace, inside = []);
        inside.Add(identity.Number);
        foreach ((string key, string value) in identity.Labels)
        {
            if (!_byLabel.TryGetValue((key, value), out List<int>? holders)) _byLabel.Add((key, value), holders = []);
            holders.Add(identity.Number);
        }
    }

    private static ImmutableArray<ContainerPort> NamedPortsOf(Pod pod) =>
    [
        .. pod.Ports.Where(port => port.Name.Length > 0).Distinct()
            .OrderBy(port => port.Name, StringComparer.Ordinal).ThenBy(port => port.Protocol).ThenBy(port => port.Port),
    ];

    private static string KeyOf(Pod pod, ImmutableArray<ContainerPort> named)
    {
        var key = new StringBuilder().AppendPart(pod.Namespace).AppendLabels(pod.Labels);
        foreach (ContainerPort port in named)
            key.AppendPart(port.Name).Append(port.Protocol).Append(':').Append(port.Port);
        return key.ToString();
    }
}
