using System.Globalization;
using System.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Virtual servers as <c>ipvsadm-save -n</c> prints them, in its order. It forgets thresholds; here they are printed
/// with the options (<c>-x</c>, <c>-y</c>) that restore them.
/// </summary>
public static class IpvsRules
{
    private const uint DefaultTimeout = 360;

    internal static string NameOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        _ => "SCTP",
    };

    internal static string TextOf(IpAddress address, ushort port) =>
        address.IsV6 ? $"[{address}]:{port}" : $"{address}:{port}";

    public static string Print(IEnumerable<IpvsVirtualServer> servers)
    {
        var text = new StringBuilder();
        IEnumerable<IpvsVirtualServer> sorted = servers
            .OrderBy(server => server.Address.Family)
            .ThenBy(server => server.Protocol)
            .ThenBy(server => server.Address, AsIpvsadmSorts)
            .ThenBy(server => server.Port);
        foreach (IpvsVirtualServer server in sorted) Print(text, server);
        return text.ToString();
    }

    /// <summary>
    /// Reads what <c>ipvsadm-save</c> wrote, with or without <c>-n</c>'s numbers only; each real server is added in the
    /// order of the lines, as <c>ipvsadm-restore</c> does.
    /// </summary>
    /// <exception cref="InvalidDataException">A line that is not understood: named by file and line.</exception>
    public static IReadOnlyList<IpvsVirtualServer> Parse(string text, string file) =>
        new IpvsRulesReader(file).Read(text);

    /// <summary>ipvsadm subtracts 32-bit words and looks at the sign: far addresses come in the other order.</summary>
    private static Comparer<IpAddress> AsIpvsadmSorts { get; } = Comparer<IpAddress>.Create((left, right) =>
    {
        for (int shift = 96; shift >= 0; shift -= 32)
        {
            uint difference = (uint)(left.Value >> shift) - (uint)(right.Value >> shift);
            if (difference != 0) return (int)difference;
        }

        return 0;
    });

    private static void Print(StringBuilder text, IpvsVirtualServer server)
    {
        string service = $"{OptionOf(server.Protocol)} {TextOf(server.Address, server.Port)}";
        text.Append(CultureInfo.InvariantCulture, $"-A {service} -s {IpvsSchedulerNames.NameOf(server.Scheduler)}");
        if (server.IsPersistent)
        {
            text.Append(CultureInfo.InvariantCulture, $" -p {(server.Timeout == 0 ? DefaultTimeout : server.Timeout)}");
            uint whole = server.Address.IsV6 ? IpvsVirtualServer.WholeV6 : IpvsVirtualServer.WholeV4;
            if (server.Netmask != whole) text.Append(" -M ").Append(MaskOf(server));
        }

        if ((server.Flags & IpvsServiceFlags.OnePacket) != 0) text.Append(" -o");
        if (FlagsOf(server) is { Length: > 0 } flags) text.Append(" -b ").Append(flags);
        text.Append('\n');
        IEnumerable<IpvsRealServer> sorted = server.RealServers
            .OrderBy(real => real.Address, AsIpvsadmSorts)
            .ThenBy(real => real.Port);
        foreach (IpvsRealServer real in sorted)
        {
            text.Append(CultureInfo.InvariantCulture, $"-a {service} -r {TextOf(real.Address, real.Port)}");
            text.Append(CultureInfo.InvariantCulture, $" {OptionOf(real.Forwarding)} -w {real.Weight}");
            if (real.UpperThreshold != 0) text.Append(CultureInfo.InvariantCulture, $" -x {real.UpperThreshold}");
            if (real.LowerThreshold != 0) text.Append(CultureInfo.InvariantCulture, $" -y {real.LowerThreshold}");
            if (real.Forwarding == IpvsForwarding.Tunnel) text.Append(" --tun-type ipip");
            text.Append('\n');
        }
    }

    private static string MaskOf(IpvsVirtualServer server) =>
        server.Address.IsV6 ? $"{server.Netmask}" : IpAddress.FromV4(server.Netmask).ToString();

    private static string FlagsOf(IpvsVirtualServer server)
    {
        (IpvsServiceFlags Flag, string Name)[] names =
        [
            (IpvsServiceFlags.Scheduler1, FlagName(server.Scheduler, 1)),
            (IpvsServiceFlags.Scheduler2, FlagName(server.Scheduler, 2)),
            (IpvsServiceFlags.Scheduler3, FlagName(server.Scheduler, 3)),
        ];
        return string.Join(',', names.Where(name => (server.Flags & name.Flag) != 0).Select(name => name.Name));
    }

    internal static string FlagName(IpvsScheduler scheduler, int number) => (scheduler, number) switch
    {
        (IpvsScheduler.SourceHash, 1) => "sh-fallback",
        (IpvsScheduler.SourceHash, 2) => "sh-port",
        (IpvsScheduler.MaglevHash, 1) => "mh-fallback",
        (IpvsScheduler.MaglevHash, 2) => "mh-port",
        _ => $"flag-{number}",
    };

    private static string OptionOf(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "-t",
        IpProtocol.Udp => "-u",
        _ => "--sctp-service",
    };

    private static string OptionOf(IpvsForwarding forwarding) => forwarding switch
    {
        IpvsForwarding.Tunnel => "-i",
        IpvsForwarding.Route => "-g",
        _ => "-m",
    };
}
