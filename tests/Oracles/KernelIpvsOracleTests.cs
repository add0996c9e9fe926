using System.Globalization;
using Dataplane.Engines.Ipvs;
using Dataplane.Tests.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// The same services and packets through Linux 6.1's IPVS and through the emulated one, in one boot of user-mode-linux:
/// the same real server for every connection, the same loads. And the kernel's own tools take what the emulation
/// prints.
/// </summary>
public sealed class KernelIpvsOracleTests
{
    private const int CasesPerScheduler = 50;
    private const int Seed = 20_261;

    /// <summary>Half-open connections end after 60 s: a guest that is starved for so long has another table.</summary>
    private const int SlowSeconds = 45;

    private static readonly string[] Modules =
    [
        "ip_vs", .. IpvsSchedulerNames.All.Select(name => $"ip_vs_{name}"), "dummy", "ip_set_hash_ip",
        "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet", "ip_set_bitmap_port", "xt_set",
        "xt_addrtype", "xt_physdev", "xt_ipvs", "xt_mark", "xt_comment", "xt_conntrack", "ipt_REJECT", "xt_MASQUERADE",
        "iptable_nat", "iptable_filter",
    ];

    // Raw packets with any source; where there is no server the kernel refuses, and the sender goes on.
    private const string Sender = """
        import socket, struct, sys
        out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        for line in open(sys.argv[1]):
            protocol, source, port, target, target_port, what = line.split()
            ports = struct.pack('!HH', int(port), int(target_port))
            body = {
                '6': ports + struct.pack('!IIBBHHH', 1, 0, 0x50, int(what), 1000, 0, 0),
                '17': ports + struct.pack('!HH', 8, 0),
                '132': ports + struct.pack('!IIBBHI', 1, 0, int(what), 0, 8, 0),
            }[protocol]
            addresses = socket.inet_aton(source) + socket.inet_aton(target)
            ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), 0, 0, 64, int(protocol), 0) + addresses
            try:
                out.sendto(ip + body, (target, 0))
            except OSError:
                pass

        """;

    private const string Script = """
        set -e
        ip link add sink type dummy; ip link set sink up; ip addr add 192.0.2.1/32 dev lo; ip route add default dev sink
        ipvsadm -R < before
        date +%s > times
        python3 sender.py first
        ipvsadm -R < changes
        python3 sender.py second
        cat /proc/net/ip_vs > services
        cat /proc/net/ip_vs_conn > connections
        date +%s >> times
        ipvsadm -C
        ipvsadm -R < printed
        ipvsadm -Sn > saved
        ipset restore < sets
        iptables-legacy-restore < rules
        iptables-legacy-save > loaded

        """;

    [Fact]
    public void Linux_chooses_the_same_real_servers_with_every_scheduler_and_loads_what_is_printed()
    {
        string missing = UserModeLinux.Missing("ipvsadm", "ipset", "python3", "modprobe", "iptables-legacy-restore");
        Assert.SkipUnless(missing.Length == 0, missing);
        var script = new IpvsScript(Seed, CasesPerScheduler);
        KubeProxyIpvs proxy = KubeProxyIpvsTests.Compile(
            KubeProxyIpvsTests.Cluster, ["172.18.0.2"], KubeProxyIpvsOptions.Default);
        string printed = IpvsRules.Print(proxy.VirtualServers);
        using var linux = new UserModeLinux();
        linux.Write("sender.py", Sender);
        linux.Write("before", script.RulesBefore);
        linux.Write("changes", script.Changes);
        linux.Write("first", script.FirstPackets);
        linux.Write("second", script.SecondPackets);
        linux.Write("printed", printed);
        linux.Write("sets", IpSet.Print(proxy.IpSets));
        linux.Write("rules", proxy.Rules);

        RunOrSkip(linux);

        string[] times = linux.Read("times").Split('\n');
        long seconds = long.Parse(times[1], CultureInfo.InvariantCulture)
            - long.Parse(times[0], CultureInfo.InvariantCulture);
        Assert.SkipWhen(seconds > SlowSeconds, $"the guest took {seconds} s: connections timed out meanwhile");
        AssertSame(Connections(linux.Read("connections")), script.Servers, "served");
        AssertSame(Loads(linux.Read("services")), script.Loads, "has weight, active and inactive connections");
        Assert.InRange(script.Servers.Count, CasesPerScheduler * 13 * 8, int.MaxValue);
        Assert.Equal(printed, linux.Read("saved"));
        Assert.Equal(Count(proxy.Rules), Count(linux.Read("loaded")));
    }

    private static void RunOrSkip(UserModeLinux linux)
    {
        try
        {
            linux.Run(Modules, Script, TimeSpan.FromSeconds(90));
        }
        catch (TimeoutException slow)
        {
            Assert.Skip(slow.Message);
        }
    }

    private static void AssertSame(
        SortedDictionary<string, string> kernel, SortedDictionary<string, string> ours, string what)
    {
        IEnumerable<string> different = kernel.Keys.Union(ours.Keys)
            .Where(key => kernel.GetValueOrDefault(key, "none") != ours.GetValueOrDefault(key, "none"))
            .Select(key =>
                $"{key} {what}: Linux {kernel.GetValueOrDefault(key, "none")}, "
                + $"we {ours.GetValueOrDefault(key, "none")}");
        string[] all = [.. different];
        Assert.True(
            all.Length == 0, $"{all.Length} of {kernel.Count} differ, such as\n{string.Join('\n', all.Take(20))}");
    }

    /// <summary>
    /// Lines like <c>TCP AC100001 03E9 0A600050 0050 0AF40101 1F90 SYN_RECV 59</c>; templates have client port 0.
    /// </summary>
    private static SortedDictionary<string, string> Connections(string text)
    {
        var servers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            uint port = Hex(words[2]);
            if (port != 0) servers[$"{Address(words[1])}:{port} {Address(words[3])}"] = Address(words[5]);
        }

        return servers;
    }

    private static SortedDictionary<string, string> Loads(string text)
    {
        var loads = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string service = "";
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(3))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] != "->") service = Address(words[1][..8]);
            else loads[$"{service} {Address(words[1][..8])}"] = $"{words[3]} {words[4]} {words[5]}";
        }

        return loads;
    }

    private static int Count(string rules) =>
        rules.Split('\n').Count(line => line.StartsWith("-A KUBE-", StringComparison.Ordinal));

    private static string Address(string hex) => IpAddress.FromV4(Hex(hex)).ToString();

    private static uint Hex(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
