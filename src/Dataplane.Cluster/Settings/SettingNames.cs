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
        IEnumerable<string> nodes = snapshot.Nodes.Select(node => node.Name);
        Check("node", "mac", "node", settings.NodeMacs.Keys, nodes);
        Check("vtep", "mac", "node", settings.VtepMacs.Keys, nodes);
        Check("bridge", "mac", "node", settings.BridgeMacs.Keys, nodes);
        Check("ovn", "switchKey", "node", settings.OvnKeys.Switches.Keys, nodes);
        Check("ovn", "routerPortKey", "node", settings.OvnKeys.RouterPorts.Keys, nodes);
        Check("ovn", "transitPortKey", "node", settings.OvnKeys.TransitPorts.Keys, nodes);
        Check("ovn", "joinPortKey", "node", settings.OvnKeys.JoinPorts.Keys, nodes);
        IEnumerable<string> pods = snapshot.Pods.Select(pod => pod.ToString());
        Check("pod", "mac", "pod", settings.PodMacs.Keys, pods);
        Check("veth", "mac", "pod", settings.VethMacs.Keys, pods);
        Check("ovn", "portKey", "pod", settings.OvnKeys.PodPorts.Keys, pods);
    }

    private static void Check(
        string prefix, string suffix, string kind, IEnumerable<string> given, IEnumerable<string> known)
    {
        HashSet<string>? names = null;
        foreach (string name in given.Order(StringComparer.Ordinal))
        {
            names ??= [.. known];
            if (names.Contains(name)) continue;

            string? nearest = NearestWord.Of(name, names);
            string hint = nearest is null ? "" : $": did you mean {prefix}.{nearest}.{suffix}?";
            throw new InvalidDataException(
                $"setting {prefix}.{SettingValues.Show(name)}.{suffix}: the manifests have no {kind} "
                + $"{SettingValues.Show(name)}{hint}");
        }
    }
}
