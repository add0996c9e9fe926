using System.Globalization;
using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>Networks that are kept apart by their ids, as explanations write them.</summary>
public static class NetworkText
{
    /// <summary>Why two pods of different NetIDs do not reach each other.</summary>
    internal static PolicyExplanation Apart(PolicyModel model, in PolicyQuestion question)
    {
        string own = model.Identities[question.Subject].Namespace;
        string? other = question.Peer < 0 ? null : model.Identities[question.Peer].Namespace;
        return new PolicyExplanation
        {
            Direction = question.Direction,
            IsAllowed = false,
            Policy = NameOf(own),
            Source = SourceOf(model, own) ?? (other is null ? null : SourceOf(model, other)),
            Sentence = Apart(model, own, other),
        };
    }

    /// <summary>As drops name it.</summary>
    public static string NameOf(string space) => $"NetNamespace/{space}";

    /// <summary>Null where the manifests have no NetNamespace of that name.</summary>
    public static SourceLine? SourceOf(PolicyModel model, string space) => Find(model, space)?.Source;

    /// <param name="model">The snapshot's.</param>
    /// <param name="own">The namespace of the pod that is judged.</param>
    /// <param name="other">The other pod's; null where nobody knows it.</param>
    public static string Apart(PolicyModel model, string own, string? other) =>
        $"{Of(model, own)} and {(other is null ? "another network" : Of(model, other))} are kept apart: "
        + "the multitenant mode lets pods of different NetIDs not reach each other";

    /// <summary>Why pods of two namespaces reach each other: one NetID, or the one that reaches all.</summary>
    public static string Together(PolicyModel model, string own, string other) =>
        Find(model, own)?.NetId == Find(model, other)?.NetId
            ? $"{Of(model, own)} and {Of(model, other)} are one network"
            : $"{Of(model, own)} and {Of(model, other)} reach each other: NetID 0 is on the network that reaches all";

    private static NetNamespace? Find(PolicyModel model, string space) =>
        model.Snapshot.OpenShift.NetNamespaces.FirstOrDefault(known => known.Namespace == space);

    private static string Of(PolicyModel model, string space) => Find(model, space) is { } found
        ? string.Create(CultureInfo.InvariantCulture, $"NetNamespace {space} (NetID {found.NetId}, {found.Source})")
        : $"namespace {space} without a NetNamespace";
}
