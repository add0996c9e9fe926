using Dataplane.Engines.Ipvs;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

public class IpvsRulesTests
{
    /// <summary>
    /// What Debian 12's ipvsadm 1.31 printed on Linux 6.1 (`ipvsadm-save -n`), its strange order and all.
    /// </summary>
    private const string Saved = """
        -A -t 1.2.3.4:0 -s wlc -p 360
        -A -t 10.96.0.80:80 -s rr
        -a -t 10.96.0.80:80 -r 192.168.1.1:80 -m -w 3
        -a -t 10.96.0.80:80 -r 10.244.1.20:8080 -m -w 1
        -a -t 10.96.0.80:80 -r 10.244.1.21:8080 -m -w 1
        -a -t 10.96.0.80:80 -r 10.244.1.22:8080 -m -w 1
        -A -t 10.96.0.81:80 -s sh -p 10800 -M 255.255.255.0 -b sh-fallback,sh-port
        -a -t 10.96.0.81:80 -r 10.244.1.2:80 -g -w 1
        -a -t 10.96.0.81:80 -r 10.244.1.3:80 -i -w 0 --tun-type ipip
        -A -u 192.168.0.81:53 -s mh -o -b mh-port
        -A -u 192.168.0.82:53 -s mh -b mh-fallback,mh-port
        -A -u 192.168.0.83:53 -s wrr -p 360 -b flag-1,flag-3
        -A --sctp-service 1.2.3.4:99 -s wlc
        -A -u [2001:db8::1]:53 -s rr -p 300 -M 64
        -a -u [2001:db8::1]:53 -r [2001:db8::5]:53 -m -w 1

        """;

    [Fact]
    public void What_ipvsadm_saved_is_read_and_printed_as_it_was() =>
        Assert.Equal(Saved.ReplaceLineEndings("\n"), IpvsRules.Print(IpvsRules.Parse(Saved, "saved")));

    [Fact]
    public void Services_and_servers_in_any_order_are_printed_in_ipvsadm_s()
    {
        IReadOnlyList<IpvsVirtualServer> servers = IpvsRules.Parse(Saved, "saved");
        IEnumerable<IpvsVirtualServer> reversed =
            servers.Reverse().Select(server => server with { RealServers = [.. server.RealServers.Reverse()] });

        Assert.Equal(Saved.ReplaceLineEndings("\n"), IpvsRules.Print(reversed));
    }

    [Fact]
    public void Thresholds_are_kept_though_ipvsadm_save_forgets_them()
    {
        const string Rules = "-A -t 10.96.0.80:80 -s rr\n-a -t 10.96.0.80:80 -r 10.244.1.1:80 -m -w 1 -x 100 -y 50\n";

        Assert.Equal(Rules, IpvsRules.Print(IpvsRules.Parse(Rules, "saved")));
    }

    [Fact]
    public void Long_options_and_omitted_values_mean_what_ipvsadm_s_manual_says()
    {
        const string Rules = "--add-service --tcp-service 10.96.0.80:80 --persistent\n"
            + "--add-server --tcp-service 10.96.0.80:80 --real-server 10.244.1.1\n";

        Assert.Equal(
            "-A -t 10.96.0.80:80 -s wlc -p 360\n-a -t 10.96.0.80:80 -r 10.244.1.1:80 -g -w 1\n",
            IpvsRules.Print(IpvsRules.Parse(Rules, "saved")));
    }

    [Theory]
    [InlineData("-A -t 10.96.0.80:80 -s rrr",
        "scheduler 'rrr' is not known; use one of rr wrr lc wlc lblc lblcr sh dh sed nq mh fo ovf")]
    [InlineData("-A -t 10.96.0.80:80 -s rr --pe sip",
        "'--pe' is not an option of a virtual service here; known are -s, -p, -M, -o and -b")]
    [InlineData("-A -f 7 -s rr",
        "services by firewall mark (-f) are not modelled; leave the service and its real servers out")]
    [InlineData("-A -t 10.96.0.80:0 -s rr", "port zero is for persistent services; give a timeout with -p")]
    [InlineData("-A -t web:80 -s rr", "'web:80' is no address and port; use numbers, as ipvsadm-save -n prints them")]
    [InlineData("-A -t 10.96.0.80:99999 -s rr",
        "'10.96.0.80:99999' is no address and port; use numbers, as ipvsadm-save -n prints them")]
    [InlineData("-A -t 10.96.0.80:80 -s sh -b mh-port", "'mh-port' is no flag of scheduler sh")]
    [InlineData("-A -t 10.96.0.80:80 -s rr -p 10 -M 255.0.255.0",
        "'255.0.255.0' is no netmask; use one like 255.255.255.0")]
    [InlineData("-A -t [fd00::1]:80 -s rr -p 10 -M 129", "'129' is no netmask; use a prefix length from 1 to 128")]
    [InlineData("-A -t 10.96.0.80:80 -s", "-s needs a value")]
    [InlineData("-A", "the line ends too early")]
    [InlineData("-A -x 10.96.0.80:80", "'-x' names no service; use -t, -u or --sctp-service")]
    [InlineData("-D -t 10.96.0.80:80", "'-D' is not a command of a saved table; use -A and -a")]
    [InlineData("-A -t 10.96.0.99:80 -s rr", "TCP 10.96.0.99:80 is there already; leave one of them out")]
    [InlineData("-a -t 10.96.0.98:80 -r 10.0.0.1:80 -m", "no -A for TCP 10.96.0.98:80 before this line")]
    [InlineData("-a -t 10.96.0.99:80 -r 10.0.0.1:80 -m -w -1", "'-1' after -w is no number from 0 to 65535")]
    [InlineData("-a -t 10.96.0.99:80 -r 10.0.0.1:80 -m -x 1 -y 2",
        "the lower threshold (-y) is above the upper one (-x)")]
    [InlineData("-a -t 10.96.0.99:80 -r [fd00::1]:80 -m",
        "real server fd00::1 is of another family than TCP 10.96.0.99:80")]
    [InlineData("-a -t 10.96.0.99:80 -r 10.0.0.9:80 -m",
        "TCP 10.96.0.99:80 has real server 10.0.0.9:80 already; leave one of them out")]
    [InlineData("-a -t 10.96.0.99:80 -m", "a real server needs its address: -r ADDRESS:PORT")]
    [InlineData("-a -t 10.96.0.99:80 -r 10.0.0.1:80 -i --tun-type gue", "tunnel type 'gue' is not modelled; use ipip")]
    public void What_is_not_understood_is_one_line_that_names_the_place(string line, string expected)
    {
        string rules = "-A -t 10.96.0.99:80 -s rr\n-a -t 10.96.0.99:80 -r 10.0.0.9:80 -m\n" + line;

        var error = Assert.Throws<InvalidDataException>(() => IpvsRules.Parse(rules, "node-a.ipvs"));

        Assert.Equal("node-a.ipvs:3: " + expected, error.Message);
    }

    [Fact]
    public void Damaged_text_is_an_error_or_is_read_but_never_breaks()
    {
        var random = new Random(11);
        for (int round = 0; round < 5_000; round++)
        {
            char[] text = Saved.ToCharArray();
            for (int damage = 0; damage < 3; damage++) text[random.Next(text.Length)] = (char)random.Next(32, 127);
            try
            {
                Assert.NotNull(IpvsRules.Print(IpvsRules.Parse(new string(text), "saved")));
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith("saved:", error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', error.Message);
            }
        }
    }
}
