using System.Globalization;
using System.Text;
using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Tests.Engines.Ipvs;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random cases for one scheduler, each a virtual service of its own: real servers with weights and thresholds, packets that
/// open, establish and end connections, a change of one weight, more packets.
/// </summary>
internal sealed class IpvsScript
{
    private const int PacketsPerPhase = 14;

    private readonly List<IpvsVirtualServer> _before = [];
    private readonly List<IpvsVirtualServer> _after = [];
    private readonly List<Packet> _first = [];
    private readonly List<Packet> _second = [];

    public IpvsScript(int seed, int cases)
    {
        var random = new Random(seed);
        foreach (IpvsScheduler scheduler in Enum.GetValues<IpvsScheduler>())
        {
            for (int number = 0; number < cases; number++) AddCase(random, scheduler, number);
        }
    }

    public IReadOnlyList<Packet> Packets => [.. _first, .. _second];

    /// <summary>Commands for <c>ipvsadm -R</c>, in the order in which real servers are to be added.</summary>
    public string RulesBefore => string.Concat(_before.Select(InOrder));

    /// <summary>One <c>-e</c> for each service whose weight changes.</summary>
    public string Changes => string.Concat(_before.Zip(_after, Change));

    public static string Lines(IEnumerable<Packet> packets) => string.Concat(packets.Select(packet => string.Create(
        CultureInfo.InvariantCulture, $"{packet.Client} {packet.Port} {packet.Service} {packet.Flags}\n")));

    public string FirstPackets => Lines(_first);

    public string SecondPackets => Lines(_second);

    /// <summary>What the emulation makes of it: by client, port and service the real server, and each server's load.</summary>
    public IpvsOutcome Emulate()
    {
        var outcome = new IpvsOutcome();
        using var lab = new IpvsLab(RulesBefore, IpvsOptions.Kernel);
        foreach (Packet packet in _first) Send(lab, packet, outcome);
        lab.Change(_after);
        foreach (Packet packet in _second) Send(lab, packet, outcome);

        uint destination = 1;
        foreach (IpvsVirtualServer server in lab.Tables.Servers)
        {
            foreach (IpvsRealServer _ in server.RealServers)
            {
                IpvsRealServer real = lab.Tables.RealServerOf(destination);
                IpvsLoad load = lab.State.LoadOf(destination++);
                outcome.Loads[$"{server.Address} {real.Address}"] = $"{real.Weight} {load.Active} {load.Inactive}";
            }
        }

        return outcome;
    }

    private static void Send(IpvsLab lab, Packet packet, IpvsOutcome outcome)
    {
        FlowKey key = lab.Key(packet.Client, packet.Port, packet.Service);
        if (lab.State.Receive(in key, packet.Flags, 0, false, lab.Now, out uint connection) == IpvsReceipt.Connection)
        {
            lab.State.Transit(connection, IpvsDirection.Input, packet.Flags, 0, lab.Now);
            return;
        }

        if (!IpvsTables.IsScheduled(IpProtocol.Tcp, key.SourcePort, packet.Flags, 0)) return;

        lab.Open(in key, out ServiceVerdict verdict);
        if (verdict.Outcome == ServiceOutcome.Backend)
        {
            outcome.Servers[$"{packet.Client}:{packet.Port} {packet.Service}"] = IpAddress.FromV4(verdict.BackendAddress).ToString();
        }
    }

    private void AddCase(Random random, IpvsScheduler scheduler, int number)
    {
        IpAddress address = IpAddress.Parse($"10.96.{(int)scheduler}.{number + 1}");
        int count = random.Next(1, 7);
        bool hasThresholds = random.Next(3) == 0;
        IpvsServiceFlags flags = IpvsServiceFlags.None;
        if (scheduler is IpvsScheduler.SourceHash or IpvsScheduler.MaglevHash)
        {
            flags = (random.Next(2) == 0 ? IpvsServiceFlags.Scheduler1 : 0) | (random.Next(2) == 0 ? IpvsServiceFlags.Scheduler2 : 0);
        }

        if (random.Next(5) == 0) flags |= IpvsServiceFlags.Persistent;
        uint netmask = (flags & IpvsServiceFlags.Persistent) != 0 && random.Next(2) == 0 ? 0xFFFF_FF00 : IpvsVirtualServer.WholeV4;
        int scale = random.Next(2) == 0 ? 1 : 3;
        var service = new IpvsVirtualServer(address, 80, IpProtocol.Tcp)
        {
            Scheduler = scheduler,
            Flags = flags,
            Timeout = (flags & IpvsServiceFlags.Persistent) != 0 ? 300u : 0,
            Netmask = netmask,
            RealServers =
            [
                .. Enumerable.Range(1, count).Select(server => new IpvsRealServer(IpAddress.Parse($"10.244.{number}.{server}"), 8080)
                {
                    Weight = random.Next(6) == 0 ? 0 : scale * random.Next(1, 5),
                    UpperThreshold = hasThresholds ? (uint)random.Next(2, 6) : 0,
                }),
            ],
        };
        _before.Add(service);
        int changed = random.Next(count);
        IpvsRealServer real = service.RealServers[changed];
        int weight = real.Weight != 0 && random.Next(3) == 0 ? 0 : (real.Weight + random.Next(1, 5)) % 6 + 1;
        IpvsRealServer next = real with { Weight = weight == real.Weight ? weight + 1 : weight, LastWeight = real.Weight };
        _after.Add(service with { RealServers = service.RealServers.SetItem(changed, next) });

        List<(string Client, int Port)> open = [];
        for (int packet = 0; packet < 2 * PacketsPerPhase; packet++)
        {
            (packet < PacketsPerPhase ? _first : _second).Add(NextPacket(random, address.ToString(), open));
        }
    }

    /// <summary>Mostly a new connection; else the next step of one that there is: its ACK, then its FIN.</summary>
    private static Packet NextPacket(Random random, string service, List<(string Client, int Port)> open)
    {
        if (open.Count == 0 || random.Next(5) < 3)
        {
            (string, int) flow = ($"172.{random.Next(16, 32)}.{random.Next(4)}.{random.Next(1, 5)}", random.Next(1024, 65536));
            if (!open.Contains(flow)) open.Add(flow);
            return new Packet(flow.Item1, flow.Item2, service, TcpStates.Syn);
        }

        (string client, int port) = open[random.Next(open.Count)];
        byte flags = random.Next(3) == 0 ? (byte)(TcpStates.Fin | TcpStates.Ack) : TcpStates.Ack;
        return new Packet(client, port, service, flags);
    }

    private static string InOrder(IpvsVirtualServer server)
    {
        string[] printed = IpvsRules.Print([server]).Split('\n');
        var text = new StringBuilder(printed[0]).Append('\n');
        foreach (IpvsRealServer real in server.RealServers)
        {
            text.Append(printed.Single(line => line.Contains($" -r {real.Address}:", StringComparison.Ordinal))).Append('\n');
        }

        return text.ToString();
    }

    private static string Change(IpvsVirtualServer before, IpvsVirtualServer after)
    {
        int changed = Enumerable.Range(0, before.RealServers.Length)
            .First(index => before.RealServers[index].Address == after.RealServers[index].Address
                && !ReferenceEquals(before.RealServers[index], after.RealServers[index]));
        string line = InOrder(after).Split('\n')[changed + 1];
        return "-e" + line["-a".Length..] + "\n";
    }

    /// <summary>A TCP packet from a client to a service's port 80.</summary>
    internal sealed record Packet(string Client, int Port, string Service, byte Flags);
}

/// <summary>Who served whom, and each server's weight, active and inactive connections.</summary>
internal sealed class IpvsOutcome
{
    public SortedDictionary<string, string> Servers { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Loads { get; } = new(StringComparer.Ordinal);
}
