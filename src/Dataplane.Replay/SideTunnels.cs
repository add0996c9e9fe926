using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>Compiles the tunnels that stand beside the one of the pods' network.</summary>
internal static class SideTunnels
{
    /// <summary>
    /// To nodes of another kind: frames come from the router's port on the sender's switch; who has
    /// no MAC there has no end of it.
    /// </summary>
    public static TunnelTable? Beside(
        NetworkModel model, Func<NetworkModel, TunnelSettings, NativeArray<PeerEntry>> peers)
    {
        if (model.Beside is not { } tunnel) return null;

        NetworkModel senders =
            model with { Nodes = [.. model.Nodes.Select(node => node with { TunnelMac = node.RouterMac })] };
        NetworkModel receivers = model with
        {
            Nodes =
            [
                .. model.Nodes.Select(node => node with
                {
                    TunnelMac = node.BesideMac ?? default,
                    UnderlayV4 = node.BesideMac is null ? default : node.UnderlayV4,
                }),
            ],
        };
        return TunnelCompiler.Compile(senders, tunnel, peers(receivers, tunnel));
    }

    /// <summary>With room for the option that tells a frontend, where it goes by Geneve.</summary>
    public static DirectReturn OfDirectReturn(
        NetworkModel model, ReturnSettings way, Func<TunnelSettings, NativeArray<PeerEntry>> peers)
    {
        TunnelTable? Tunnel(int family) => way.IsByGeneve && model.Tunnel is { } tunnel
            ? TunnelCompiler.Compile(model, tunnel with { FrontendFamily = family }, peers(tunnel))
            : null;
        return new DirectReturn
        {
            Dispatch = way.IsByGeneve ? ReturnDispatch.Geneve : ReturnDispatch.Option,
            IsTcpOnly = way.IsTcpOnly,
            TellsMtu = way.TellsMtu,
            Tunnel = Tunnel(4),
            TunnelV6 = Tunnel(6),
        };
    }
}
