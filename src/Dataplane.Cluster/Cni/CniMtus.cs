using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>The MTUs of eth0, tunnel device and pods: the settings', else what the underlay leaves.</summary>
internal readonly record struct CniMtus(int Underlay, int Tunnel, int Pod)
{
    private const int Ethernet = 1500;

    /// <param name="request">Whose settings come first, and who is told what does not fit.</param>
    /// <param name="tunnel">Null without one.</param>
    /// <param name="tunnelMtu">What the CNI's configuration says; null: what the underlay leaves.</param>
    /// <param name="podMtu">What the CNI's configuration says; null: the tunnel's.</param>
    public static CniMtus Of(CniRequest request, TunnelSettings? tunnel, int? tunnelMtu = null, int? podMtu = null)
    {
        EmulationSettings settings = request.Settings;
        int underlay = settings.UnderlayMtu ?? Ethernet;
        int inner = (tunnel is null ? null : settings.TunnelMtu ?? tunnelMtu) ?? underlay - (tunnel?.Overhead ?? 0);
        if (tunnel is not null && inner > underlay - tunnel.Overhead)
            request.Note(
                $"tunnel MTU {inner} and {tunnel.Overhead} bytes of outer headers exceed the underlay's "
                + $"{underlay}: large packets leave as outer fragments");

        return new CniMtus(underlay, inner, settings.PodMtu ?? podMtu ?? inner);
    }
}
