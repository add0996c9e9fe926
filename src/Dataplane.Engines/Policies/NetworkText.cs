using System.Globalization;
using Dataplane.Cluster.Model;

namespace Dataplane.Engines.Policies;

/// <summary>Networks that are kept apart by their ids, as explanations write them.</summary>
internal static class NetworkText
{
    /// <summary>Why two pods of different NetIDs do not reach each other.</summary>
    public static PolicyExplanation Apart(PolicyModel model, in PolicyQuestion question)
    {
        (string own, _) = Of(model, model.Identities[question.Subject].Namespace);
        (string other, SourceLine? source) = question.Peer < 0 ? ("another network", null) : Of(model, model.Identities[question.Peer].Namespace);
        return new PolicyExplanation
        {
            Direction = question.Direction,
            IsAllowed = false,
            Policy = $"NetNamespace/{model.Identities[question.Subject].Namespace}",
            Source = Of(model, model.Identities[question.Subject].Namespace).Source ?? source,
            Sentence = $"{own} and {other} are kept apart: the multitenant mode lets pods of different NetIDs not reach each other",
        };
    }

    private static (string Text, SourceLine? Source) Of(PolicyModel model, string space)
    {
        NetNamespace? found = model.Snapshot.OpenShift.NetNamespaces.FirstOrDefault(known => known.Namespace == space);
        return found is null
            ? ($"namespace {space} without a NetNamespace", null)
            : (string.Create(CultureInfo.InvariantCulture, $"NetNamespace {space} (NetID {found.NetId}, {found.Source})"), found.Source);
    }
}
