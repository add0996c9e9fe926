using Dataplane.Core;

namespace Dataplane.Pipeline.Tunnels;

/// <summary>A pass over a burst that is compiled for each kind of tunnel, with its sizes as constants.</summary>
internal interface ITunnelPass
{
    void Run<TOuter, TFilling>(TunnelTable tunnel)
        where TOuter : struct, IOuterIp
        where TFilling : struct, ITunnelFilling;
}

/// <summary>The one place that knows which body belongs to which tunnel.</summary>
internal static class TunnelKinds
{
    public static void Run<TPass>(TunnelTable tunnel, ref TPass pass)
        where TPass : struct, ITunnelPass, allows ref struct
    {
        switch (tunnel.Parameters.Filling)
        {
            case TunnelFilling.Devices:
                Run<DeviceFilling, TPass>(tunnel, ref pass);
                break;
            case TunnelFilling.Identity:
                Run<IdentityFilling, TPass>(tunnel, ref pass);
                break;
            case TunnelFilling.PodNetwork:
                Run<PodNetworkFilling, TPass>(tunnel, ref pass);
                break;
            case TunnelFilling.LogicalSwitch:
                Run<LogicalSwitchFilling, TPass>(tunnel, ref pass);
                break;
            case TunnelFilling.TransitSwitch:
                Run<TransitSwitchFilling, TPass>(tunnel, ref pass);
                break;
            default:
                pass.Run<OuterIpv4, NoFilling>(tunnel);
                break;
        }
    }

    private static void Run<TFilling, TPass>(TunnelTable tunnel, ref TPass pass)
        where TFilling : struct, ITunnelFilling
        where TPass : struct, ITunnelPass, allows ref struct
    {
        if (tunnel.Parameters.OuterV6) pass.Run<OuterIpv6, TFilling>(tunnel);
        else pass.Run<OuterIpv4, TFilling>(tunnel);
    }
}
