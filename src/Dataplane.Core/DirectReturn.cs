using Dataplane.Wire;

namespace Dataplane.Core;

/// <summary>
/// Direct server return (Cilium's bpf-lb-mode dsr): what the outside asks of another node's backend keeps its source
/// and tells the frontend, so that the backend's node answers by itself.
/// </summary>
public sealed class DirectReturn : IDisposable
{
    public required ReturnDispatch Dispatch { get; init; }

    /// <summary>Other protocols' sources are translated (hybrid).</summary>
    public bool IsTcpOnly { get; init; }

    /// <summary>Clients are told what fits; else nobody is (enable-pmtu-discovery).</summary>
    public bool TellsMtu { get; init; }

    /// <summary>The tunnel with room for an IPv4 frontend; null where it does not go by tunnel.</summary>
    public TunnelTable? Tunnel { get; init; }

    /// <summary>The same for IPv6.</summary>
    public TunnelTable? TunnelV6 { get; init; }

    public bool Covers(byte protocol) => !IsTcpOnly || protocol == IpProtocol.Tcp;

    /// <summary>Bytes that the option adds to a packet.</summary>
    public int SizeOf(bool v6) => Dispatch == ReturnDispatch.Geneve
        ? v6 ? FrontendOption.GeneveV6Size : FrontendOption.GeneveV4Size
        : v6 ? FrontendOption.Ipv6Size : FrontendOption.Ipv4Size;

    public void Dispose()
    {
        Tunnel?.Dispose();
        TunnelV6?.Dispose();
    }
}

/// <summary>Where the frontend stands.</summary>
public enum ReturnDispatch : byte
{
    /// <summary>In an IPv4 option or an IPv6 destination option of the packet itself.</summary>
    Option,

    /// <summary>In a Geneve option around it.</summary>
    Geneve,
}
