using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Settings;

/// <summary>
/// Names in keys must be the cluster's: a setting for a node that is not there would be a silent nothing.
/// </summary>
public static class SettingNames
{
    /// <summary>
    /// InvalidDataException for the first <c>node.NAME.mac</c>, <c>pod.NS/NAME.mac</c> and so on whose name no object
    /// has.
    /// </summary>
    public static void Check(ClusterSnapshot snapshot, EmulationSettings settings)
    {
        Check("node", "node", settings.NodeMacs.Keys, snapshot.Nodes.Select(node => node.Name));
        Check("vtep", "node", settings.VtepMacs.Keys, snapshot.Nodes.Select(node => node.Name));
        Check("bridge", "node", settings.BridgeMacs.Keys, snapshot.Nodes.Select(node => node.Name));
        Check("pod", "pod", settings.PodMacs.Keys, snapshot.Pods.Select(pod => pod.ToString()));
        Check("veth", "pod", settings.VethMacs.Keys, snapshot.Pods.Select(pod => pod.ToString()));
    }

    private static void Check(string prefix, string kind, IEnumerable<string> given, IEnumerable<string> known)
    {
        HashSet<string>? names = null;
        foreach (string name in given.Order(StringComparer.Ordinal))
        {
            names ??= [.. known];
            if (names.Contains(name)) continue;

            string? nearest = NearestWord.Of(name, names);
            string hint = nearest is null ? "" : $": did you mean {prefix}.{nearest}.mac?";
            throw new InvalidDataException(
                $"setting {prefix}.{SettingValues.Show(name)}.mac: the manifests have no {kind} "
                + $"{SettingValues.Show(name)}{hint}");
        }
    }
}
