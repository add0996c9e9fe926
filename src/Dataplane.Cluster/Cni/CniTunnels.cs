using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni;

/// <summary>What tunnels of several CNIs have in common.</summary>
internal static class CniTunnels
{
    public const ushort KernelVxlanPort = 8472;
    public const ushort VxlanPort = 4789;
    public const ushort GenevePort = 6081;

    /// <summary>Ethernet, VXLAN or Geneve without options, UDP and IP.</summary>
    public const int VxlanOverheadV4 = 50;
    public const int VxlanOverheadV6 = 70;
    public const int IpIpOverhead = 20;

    /// <summary>The range of udp_flow_src_port in geneve.c: 1 to 65535, its end excluded.</summary>
    public const ushort GeneveSourcePortMin = 1;
    public const ushort GeneveSourcePortMax = 65534;

    /// <summary>A device of the kernel's ipip.c: TTL and DF are the inner packet's.</summary>
    public static TunnelSettings IpIp(string device) => new()
    {
        Kind = TunnelKind.IpInIp,
        Device = device,
        Vni = 0,
        Port = 0,
        Ttl = 0,
        Df = TunnelDf.Inherit,
        UdpChecksum = false,
        Overhead = IpIpOverhead,
    };

    /// <summary>Settings of tunnels that the cluster does not have are said to do nothing.</summary>
    public static void NoteIdle(
        CniRequest request, TunnelSettings? tunnel, string mode, params IEnumerable<string> alsoIdle)
    {
        string? used = tunnel?.Kind switch
        {
            TunnelKind.Vxlan => "vxlan.",
            TunnelKind.Geneve => "geneve.",
            TunnelKind.IpInIp => "ipip.",
            _ => null,
        };
        string[] idle = [.. request.Settings.Given.Keys.Where(key =>
            IsTunnelKey(key) && (used is null || !key.StartsWith(used, StringComparison.Ordinal))
            || used is null && key is "mtu.tunnel"
            || used is null or "ipip." && key.StartsWith("vtep.", StringComparison.Ordinal)
            || alsoIdle.Contains(key))];
        if (idle.Length == 0) return;

        string why = tunnel is null ? $"{mode}, which has no tunnel" : $"the tunnel {tunnel.Device}";
        request.Note($"without effect under {why}: {NameList.Of(idle, shown: 10)}");
    }

    private static bool IsTunnelKey(string key) =>
        key.StartsWith("vxlan.", StringComparison.Ordinal) || key.StartsWith("geneve.", StringComparison.Ordinal)
        || key.StartsWith("ipip.", StringComparison.Ordinal);
}
