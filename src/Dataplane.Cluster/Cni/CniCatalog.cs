using System.Collections.Immutable;
using Dataplane.Cluster.Cni.Flannel;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>Which CNI it is, and how that is known: one line for the user.</summary>
public sealed record CniChoice(string Name, string Evidence);

/// <summary>The CNIs by name, and how they are recognised in manifests.</summary>
public static class CniCatalog
{
    /// <summary>Every name that <c>--cni</c> knows.</summary>
    public static IEnumerable<string> Names => CniProfiles.Names;

    /// <summary>
    /// The CNI of that name, or without a name the one that the manifests show; flannel, and said so, where they show
    /// none.
    /// </summary>
    public static CniChoice Resolve(string? name, ClusterSnapshot snapshot)
    {
        if (name is null) return Recognise(snapshot);
        if (Names.Contains(name)) return new CniChoice(name, $"{name}: as --cni says");

        string? nearest = NearestWord.Of(name, Names);
        string hint = nearest is null ? "" : $": did you mean {nearest}?";
        throw new InvalidDataException($"unknown --cni {SettingValues.Show(name)}{hint} "
            + $"(known: {string.Join(", ", Names)})");
    }

    /// <summary>The CNI that the manifests show; null where they show none.</summary>
    public static string? Shown(ClusterSnapshot snapshot) => FindAll(snapshot).FirstOrDefault().Cni;

    private static CniChoice Recognise(ClusterSnapshot snapshot)
    {
        ImmutableArray<(string Cni, CniEvidence Evidence)> found = FindAll(snapshot);
        if (found.IsEmpty)
            return new CniChoice(
                FlannelProfile.CniName, "flannel: assumed, for the manifests show no CNI (say --cni NAME)");

        (string cni, CniEvidence evidence) = found[0];
        IEnumerable<string> others = found.Skip(1).Select(other => $"{other.Evidence.Text}, which is {other.Cni}'s");
        string against = found.Length == 1 ? "" : $"; but {string.Join(", and ", others)} (say --cni NAME)";
        return new CniChoice(cni, $"{cni}: {evidence.Text}{against}");
    }

    /// <summary>Every CNI that shows itself, the one with the strongest evidence first.</summary>
    private static ImmutableArray<(string Cni, CniEvidence Evidence)> FindAll(ClusterSnapshot snapshot) =>
    [
        .. CniProfiles.All
            .Select(profile => (Cni: profile.Name, Evidence: profile.Recognise(snapshot)))
            .Where(found => found.Evidence is not null)
            .Select(found => (found.Cni, found.Evidence!.Value))
            .OrderByDescending(found => found.Value.Strength),
    ];
}
