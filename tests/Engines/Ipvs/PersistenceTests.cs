using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>sessionAffinity as IPVS has it: templates of client and service, beside the connections.</summary>
public class PersistenceTests
{
    [Fact]
    public void A_client_stays_with_its_server_and_does_not_move_the_scheduler()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2 3", "-p 100"));

        Assert.Equal([3, 3, 3], Enumerable.Range(1, 3).Select(port => lab.Serve(lab.Key("10.244.9.9", port))));
        Assert.Equal([2, 1, 3], Enumerable.Range(1, 3).Select(client => lab.Serve(lab.Key($"10.244.8.{client}", 1))));
        Assert.Equal(2, lab.LoadOf(3).Persistent);
    }

    [Fact]
    public void A_template_ends_its_timeout_after_the_last_connection_began()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2", "-p 100", "-u"));
        int At(int second, int port)
        {
            lab.Now = second * IpvsLab.Second;
            return lab.Serve(lab.Key("10.244.9.9", port, protocol: IpProtocol.Udp));
        }

        Assert.Equal(2, At(0, 1));
        Assert.Equal(2, At(90, 2));
        Assert.Equal(2, At(180, 3));
        Assert.Equal(1, At(180 + 1000, 4));
    }

    /// <summary>
    /// Seen at 0, its connection ends at 300; the template would at 100, but looks again each 60 s until it is free.
    /// </summary>
    [Fact]
    public void A_template_stays_as_long_as_one_of_its_connections_does()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2", "-p 100", "-u"));
        lab.Serve(lab.Key("10.244.9.9", 1, protocol: IpProtocol.Udp));

        lab.Now = 290 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal(2, lab.State.Connections.Count);

        lab.Now = 302 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal(1, lab.State.Connections.Count);

        lab.Now = 363 * IpvsLab.Second;
        lab.State.Advance(lab.Now);
        Assert.Equal(0, lab.State.Connections.Count);
    }

    [Fact]
    public void A_netmask_makes_one_client_of_many()
    {
        using var lab = new IpvsLab(IpvsLab.Service("rr", "1 2", "-p 100 -M 255.255.255.0"));

        Assert.Equal([2, 2, 1],
            new[] { "10.244.9.9", "10.244.9.77", "10.244.8.1" }.Select(client => lab.Serve(lab.Key(client, 1))));
    }

    [Fact]
    public void A_prefix_length_makes_one_client_of_many_in_IPv6()
    {
        using var lab = new IpvsLab(
            "-A -t [fd00::80]:80 -s rr -p 100 -M 64\n-a -t [fd00::80]:80 -r [fd00:1::1]:80 -m\n"
            + "-a -t [fd00::80]:80 -r [fd00:1::2]:80 -m");
        uint Backend(string client)
        {
            lab.Open(lab.Key(client, 1, "fd00::80"), out ServiceVerdict verdict);
            return verdict.Backend;
        }

        Assert.Equal([1u, 1u, 2u], new[] { "fd00:9::1", "fd00:9::2", "fd00:8::1" }.Select(Backend));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void Weight_zero_ends_a_template_if_expire_quiescent_template_says_so(bool expires, int server)
    {
        using var lab = new IpvsLab(
            IpvsLab.Service("rr", "1 2", "-p 100"), new IpvsOptions { ExpireQuiescentTemplate = expires });
        Assert.Equal(2, lab.Serve(lab.Key("10.244.9.9", 1)));

        lab.Change(IpvsLab.Service("rr", "1 2:0", "-p 100"));

        Assert.Equal(server, lab.Serve(lab.Key("10.244.9.9", 2)));
        Assert.Equal(server, lab.Serve(lab.Key("10.244.9.9", 3)));
    }

    [Fact]
    public void A_service_for_port_zero_takes_all_ports_and_a_client_stays_with_one_server_for_all()
    {
        using var lab = new IpvsLab(
            "-A -t 10.96.0.80:0 -s rr -p 100\n-a -t 10.96.0.80:0 -r 10.244.1.1:0 -m\n"
            + "-a -t 10.96.0.80:0 -r 10.244.1.2:0 -m");

        lab.Open(lab.Key("10.244.9.9", 1, servicePort: 443), out ServiceVerdict https);
        lab.Open(lab.Key("10.244.9.9", 2, servicePort: 80), out ServiceVerdict http);

        Assert.Equal((443, 80), (https.BackendPort, http.BackendPort));
        Assert.Equal(https.BackendAddress, http.BackendAddress);
    }

    [Fact]
    public void An_exact_service_goes_before_one_for_port_zero()
    {
        using var lab = new IpvsLab(
            IpvsLab.Service("rr", "1") + "-A -t 10.96.0.80:0 -s rr -p 100\n-a -t 10.96.0.80:0 -r 10.244.1.2:0 -m");

        Assert.Equal(
            (1, 2), (lab.Serve(lab.Key("10.244.9.9", 1)), lab.Serve(lab.Key("10.244.9.9", 1, servicePort: 81))));
    }

    [Fact]
    public void FTP_data_goes_with_a_persistent_FTP_service_and_is_let_alone_otherwise()
    {
        string ftp = "-A -t 10.96.0.80:21 -s rr {0}\n-a -t 10.96.0.80:21 -r 10.244.1.1:21 -m\n"
            + "-a -t 10.96.0.80:21 -r 10.244.1.2:21 -m";
        using var persistent = new IpvsLab(ftp.Replace("{0}", "-p 100", StringComparison.Ordinal));
        using var plain = new IpvsLab(ftp.Replace("{0}", "", StringComparison.Ordinal));

        Assert.Equal(2, persistent.Serve(persistent.Key("10.244.9.9", 1, servicePort: 21)));
        persistent.Open(persistent.Key("10.244.9.9", 2, servicePort: 50000), out ServiceVerdict data);
        Assert.Equal(("10.244.1.2", 50000), (IpAddress.FromV4(data.BackendAddress).ToString(), data.BackendPort));
        Assert.Equal(
            ServiceOutcome.NotService, persistent.Ask(persistent.Key("10.244.9.9", 2, servicePort: 80)).Outcome);
        Assert.Equal(ServiceOutcome.NotService, plain.Ask(plain.Key("10.244.9.9", 2, servicePort: 50000)).Outcome);
    }
}
