using System.Text.RegularExpressions;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Where the emulation is known not to do as Linux does. Each puts exactly what the kernel did into what the emulation does
/// instead, so that nothing else may differ.
/// </summary>
internal static partial class KnownDifferences
{
    /// <summary>
    /// A reply to this UDP port of the node is always taken for a tunnel's packet; the kernel first asks its connections.
    /// </summary>
    public const ushort TunnelPort = 8472;

    /// <summary>Tells fates that such a draw gave.</summary>
    public const string DrawnTunnelPort = "drawn, the tunnel's";

    /// <summary>Puts what the kernel made of a case as the emulation would have it.</summary>
    public static string AsEmulated(ServiceCase one, string kernel) => WithItsPort(one, WithDevicesAddress(one, kernel));

    /// <summary>A refusal of what was sent to the node has the address that was asked as its source; here its device's.</summary>
    private static string WithDevicesAddress(ServiceCase one, string kernel)
    {
        int family = one.Source.Contains(':') ? 6 : 4;
        string device = one.Place switch
        {
            ServiceLab.Outside => ServiceLab.NodeA,
            ServiceLab.Tunnel => ServiceLab.TunnelAddress(family),
            _ => ServiceLab.Bridge(family),
        };
        return RefusalsSource().Replace(kernel, $"icmp {device} >", 1);
    }

    /// <summary>
    /// Masquerading with --random-fully draws a port even where the address stays (nf_nat_core.c, get_unique_tuple); here
    /// both stay.
    /// </summary>
    private static string WithItsPort(ServiceCase one, string kernel) =>
        kernel.Replace($" {one.Source}:drawn >", $" {one.Source}:{one.SourcePort} >", StringComparison.Ordinal);

    [GeneratedRegex(@"icmp (172\.18\.0\.2|10\.244\.1\.1|fd00:10:244:1::1) >")]
    private static partial Regex RefusalsSource();
}
