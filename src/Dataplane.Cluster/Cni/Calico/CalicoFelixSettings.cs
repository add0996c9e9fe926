using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>FelixConfiguration <c>default</c>, which holds for all nodes.</summary>
internal static class CalicoFelixSettings
{
    private static readonly CalicoFelix Standard = new("default", default);

    public static CalicoFelix Of(ClusterSnapshot snapshot) =>
        snapshot.Calico.FelixConfigurations.FirstOrDefault(felix => felix.Name == Standard.Name) ?? Standard;

    /// <summary>What it asks for and this emulation does not do.</summary>
    public static void NoteUnmodelled(CniRequest request)
    {
        CalicoFelix felix = Of(request.Snapshot);
        if (felix.WireguardEnabled)
            request.Note($"{felix.Source}: wireguardEnabled: what is replayed is what WireGuard would encrypt");
        if (felix.BpfEnabled)
            request.Note($"{felix.Source}: bpfEnabled: tunnels and routes are those of Felix's iptables mode");

        string[] others = [.. request.Snapshot.Calico.FelixConfigurations
            .Where(other => other.Name != Standard.Name).Select(other => $"{other.Name} ({other.Source})")];
        if (others.Length > 0)
            request.Note($"FelixConfiguration of single nodes is not applied: {NameList.Of(others, shown: 5)}");
    }
}
