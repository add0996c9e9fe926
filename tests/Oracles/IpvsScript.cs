using System.Globalization;
using System.Text;
using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Tests.Engines.Ipvs;
using Dataplane.Wire;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random cases for every scheduler, each a virtual service of its own: real servers with weights and thresholds,
/// packets of both sides that open, establish and end connections, a change of one weight, more packets. The emulation
/// runs along, since a reply's source is the server that it chose.
/// </summary>
internal sealed class IpvsScript
{
    private const int PacketsPerPhase = 14;
    private const byte InitAck = 2;

    private static readonly byte[] TcpFromClient = [TcpStates.Ack, TcpStates.Ack, TcpStates.Fin | TcpStates.Ack];
    private static readonly byte[] TcpFromServer =
        [TcpStates.Syn | TcpStates.Ack, TcpStates.Ack, TcpStates.Fin | TcpStates.Ack];
    private static readonly byte[] SctpFromClient = [10, 0, 7, 14];
    private static readonly byte[] SctpFromServer = [InitAck, 11, 0, 8];

    private readonly Random _random;
    private readonly List<IpvsVirtualServer> _before = [];
    private readonly List<IpvsVirtualServer> _after = [];
    private readonly List<List<Flow>> _flows = [];

    public IpvsScript(int seed, int casesPerScheduler)
    {
        _random = new Random(seed);
        foreach (IpvsScheduler scheduler in Enum.GetValues<IpvsScheduler>())
        {
            for (int number = 0; number < casesPerScheduler; number++) AddCase(scheduler, number);
        }

        RulesBefore = string.Concat(_before.Select(InOrder));
        using var lab = new IpvsLab(RulesBefore, IpvsOptions.Kernel);
        FirstPackets = Send(lab);
        lab.Change(_after);
        SecondPackets = Send(lab);
        NoteLoads(lab);
    }

    /// <summary>Commands for <c>ipvsadm -R</c>, in the order in which real servers are to be added.</summary>
    public string RulesBefore { get; }

    /// <summary>One <c>-e</c> for each service whose weight changes.</summary>
    public string Changes => string.Concat(_before.Zip(_after, Change));

    /// <summary>
    /// Protocol, source, its port, destination, its port, and TCP's flags or SCTP's chunk, a line each.
    /// </summary>
    public string FirstPackets { get; }

    public string SecondPackets { get; }

    /// <summary>By client, port and service: the real server.</summary>
    public SortedDictionary<string, string> Servers { get; } = new(StringComparer.Ordinal);

    /// <summary>By service and real server: weight, active and inactive connections.</summary>
    public SortedDictionary<string, string> Loads { get; } = new(StringComparer.Ordinal);

    private string Send(IpvsLab lab)
    {
        var lines = new StringBuilder();
        for (int number = 0; number < _before.Count; number++)
        {
            for (int packet = 0; packet < PacketsPerPhase; packet++) Next(lab, _before[number], _flows[number], lines);
        }

        return lines.ToString();
    }

    /// <summary>Mostly a new connection; else a packet of one that there is, from either side.</summary>
    private void Next(IpvsLab lab, IpvsVirtualServer service, List<Flow> flows, StringBuilder lines)
    {
        bool isTcp = service.Protocol == IpProtocol.Tcp;
        bool isSctp = service.Protocol == IpProtocol.Sctp;
        if (flows.Count == 0 || _random.Next(5) < 3)
        {
            string client = $"172.{_random.Next(16, 32)}.{_random.Next(4)}.{_random.Next(1, 5)}";
            var flow = new Flow(client, _random.Next(1024, 65536), service.Address.ToString());
            if (!flows.Contains(flow)) flows.Add(flow);
            FromClient(lab, service.Protocol, flow, isTcp ? TcpStates.Syn : IpvsSctpStates.InitChunk, lines);
            if (isSctp) FromServer(lab, service.Protocol, flow, InitAck, lines);
            return;
        }

        Flow known = flows[_random.Next(flows.Count)];
        bool fromServer = _random.Next(5) < 2;
        byte[] choices = (isTcp, isSctp, fromServer) switch
        {
            (true, _, false) => TcpFromClient,
            (true, _, true) => TcpFromServer,
            (_, true, false) => SctpFromClient,
            (_, true, true) => SctpFromServer,
            _ => [0],
        };
        byte what = choices[_random.Next(choices.Length)];
        if (fromServer) FromServer(lab, service.Protocol, known, what, lines);
        else FromClient(lab, service.Protocol, known, what, lines);
    }

    private void FromClient(IpvsLab lab, byte protocol, Flow flow, byte what, StringBuilder lines)
    {
        Line(lines, protocol, flow.Client, flow.Port, flow.Service, 80, what);
        FlowKey key = lab.Key(flow.Client, flow.Port, flow.Service, protocol: protocol);
        if (lab.State.Receive(in key, what, what, false, lab.Now, out uint connection) == IpvsReceipt.Connection)
        {
            lab.State.Transit(connection, IpvsDirection.Input, what, what, lab.Now);
            return;
        }

        if (!IpvsTables.IsScheduled(protocol, key.SourcePort, what, what)) return;

        lab.Open(in key, out ServiceVerdict verdict);
        if (verdict.Outcome != ServiceOutcome.Backend) return;

        Servers[flow.ToString()] = IpAddress.FromV4(verdict.BackendAddress).ToString();
    }

    private void FromServer(IpvsLab lab, byte protocol, Flow flow, byte what, StringBuilder lines)
    {
        if (!Servers.TryGetValue(flow.ToString(), out string? server)) return;

        Line(lines, protocol, server, 8080, flow.Client, flow.Port, what);
        FlowKey key = lab.Key(server, 8080, flow.Client, flow.Port, protocol);
        lab.State.Transit(lab.State.Connections.FindReply(in key), IpvsDirection.Output, what, what, lab.Now);
    }

    private static void Line(
        StringBuilder lines, byte protocol, string from, int port, string to, int toPort, byte what) =>
        lines.Append(CultureInfo.InvariantCulture, $"{protocol} {from} {port} {to} {toPort} {what}\n");

    private void NoteLoads(IpvsLab lab)
    {
        uint destination = 1;
        foreach (IpvsVirtualServer server in lab.Tables.Servers)
        {
            foreach (IpvsRealServer _ in server.RealServers)
            {
                IpvsRealServer real = lab.Tables.RealServerOf(destination);
                IpvsLoad load = lab.State.LoadOf(destination++);
                Loads[$"{server.Address} {real.Address}"] = $"{real.Weight} {load.Active} {load.Inactive}";
            }
        }
    }

    private void AddCase(IpvsScheduler scheduler, int number)
    {
        bool isHash = scheduler is IpvsScheduler.SourceHash or IpvsScheduler.MaglevHash;
        bool isPersistent = _random.Next(5) == 0;
        IpvsServiceFlags flags = isPersistent ? IpvsServiceFlags.Persistent : IpvsServiceFlags.None;
        if (isHash && _random.Next(2) == 0) flags |= IpvsServiceFlags.Scheduler1;
        if (isHash && _random.Next(2) == 0) flags |= IpvsServiceFlags.Scheduler2;
        byte protocol = _random.Next(5) switch { 0 => IpProtocol.Udp, 1 => IpProtocol.Sctp, _ => IpProtocol.Tcp };
        bool hasThresholds = _random.Next(3) == 0;
        int scale = _random.Next(2) == 0 ? 1 : 3;
        var service = new IpvsVirtualServer(IpAddress.Parse($"10.96.{(int)scheduler}.{number + 1}"), 80, protocol)
        {
            Scheduler = scheduler,
            Flags = flags,
            Timeout = isPersistent ? 300u : 0,
            Netmask = isPersistent && _random.Next(2) == 0 ? 0xFFFF_FF00 : IpvsVirtualServer.WholeV4,
            RealServers =
            [
                .. Enumerable.Range(1, _random.Next(1, 7)).Select(server =>
                    new IpvsRealServer(IpAddress.Parse($"10.244.{number}.{server}"), 8080)
                    {
                        Weight = _random.Next(6) == 0 ? 0 : scale * _random.Next(1, 5),
                        UpperThreshold = hasThresholds ? (uint)_random.Next(2, 6) : 0,
                    }),
            ],
        };
        int changed = _random.Next(service.RealServers.Length);
        IpvsRealServer real = service.RealServers[changed];
        int weight = real.Weight != 0 && _random.Next(3) == 0 ? 0 : (real.Weight + _random.Next(1, 5)) % 6 + 1;
        IpvsRealServer next = real with
        {
            Weight = weight == real.Weight ? weight + 1 : weight,
            LastWeight = real.Weight,
        };
        _before.Add(service);
        _after.Add(service with { RealServers = service.RealServers.SetItem(changed, next) });
        _flows.Add([]);
    }

    private static string InOrder(IpvsVirtualServer server)
    {
        string[] printed = IpvsRules.Print([server]).Split('\n');
        var text = new StringBuilder(printed[0]).Append('\n');
        foreach (IpvsRealServer real in server.RealServers)
        {
            text.Append(printed.Single(line => line.Contains($" -r {real.Address}:", StringComparison.Ordinal)))
                .Append('\n');
        }

        return text.ToString();
    }

    private static string Change(IpvsVirtualServer before, IpvsVirtualServer after)
    {
        int changed = Enumerable.Range(0, before.RealServers.Length)
            .First(index => before.RealServers[index].Weight != after.RealServers[index].Weight);
        return "-e" + InOrder(after).Split('\n')[changed + 1]["-a".Length..] + "\n";
    }

    private sealed record Flow(string Client, int Port, string Service)
    {
        public override string ToString() => $"{Client}:{Port} {Service}";
    }
}
