using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.Iptables;

/// <summary>A few rules as text, and packets as text, for tests.</summary>
internal sealed class Rules : IDisposable
{
    private readonly InterfaceNames _interfaces = new();
    private readonly NetfilterRules _rules;
    private readonly NetfilterState _state;
    private RandomDraw _draw = new(new Draw(1));

    public Rules(string dump, int family = 4)
    {
        foreach (string name in (string[])["eth0", "eth1", "cali1", "cali2", "lo"]) _interfaces.NumberOf(name);
        _rules = NetfilterRules.Compile(IptablesRuleset.Parse(dump, "dump", family), family, _interfaces);
        _state = new NetfilterState(_rules);
        Counters = new RuleCounters(_rules);
    }

    public RuleCounters Counters { get; }

    public NetfilterRules Compiled => _rules;

    public NetfilterState State => _state;

    /// <summary>The given rules of chain FORWARD, then a policy of ACCEPT.</summary>
    public static Rules Forwarding(params string[] rules) => new(Dump("filter", "FORWARD", rules));

    public static Rules Of(string table, string chain, params string[] rules) => new(Dump(table, chain, rules));

    public static string Dump(string table, string chain, params string[] rules)
    {
        IEnumerable<string> users = rules.Where(rule => rule.StartsWith(':'));
        IEnumerable<string> lines = rules.Where(rule => !rule.StartsWith(':'))
            .Select(rule =>
                rule.StartsWith("-A", StringComparison.Ordinal) || rule.StartsWith("create", StringComparison.Ordinal)
                || rule.StartsWith("add", StringComparison.Ordinal) ? rule : $"-A {chain} {rule}");
        IEnumerable<string> sets = lines.Where(line => line[0] != '-');
        return string.Join('\n', [$"*{table}", $":{chain} ACCEPT [0:0]", .. users,
            .. lines.Where(line => line[0] == '-'), "COMMIT", .. sets]);
    }

    public static NetfilterPacket Tcp(string from, ushort sourcePort, string to, ushort port) =>
        Packet(IpProtocol.Tcp, from, sourcePort, to, port);

    public static NetfilterPacket Udp(string from, ushort sourcePort, string to, ushort port) =>
        Packet(IpProtocol.Udp, from, sourcePort, to, port);

    public static NetfilterPacket Packet(byte protocol, string from, ushort sourcePort, string to, ushort port)
    {
        IpAddress source = IpAddress.Parse(from);
        IpAddress destination = IpAddress.Parse(to);
        return NetfilterPacket.FromKey(default) with
        {
            Source = source.Value,
            Destination = destination.Value,
            OriginalSource = source.Value,
            OriginalDestination = destination.Value,
            SourcePort = sourcePort,
            DestinationPort = port,
            OriginalSourcePort = sourcePort,
            OriginalDestinationPort = port,
            Protocol = protocol,
            Family = (byte)source.Family,
            Length = 60,
            TcpFlags = 0x02,
        };
    }

    public ushort Interface(string name) => _interfaces.NumberOf(name);

    public NetfilterVerdict Forward(NetfilterPacket packet) => ForwardOutcome(packet).Verdict;

    public bool Drops(NetfilterPacket packet) => Forward(packet) == NetfilterVerdict.Drop;

    public NetfilterOutcome ForwardOutcome(NetfilterPacket packet)
    {
        TraceCounts trace = new(Counters);
        return _rules.Forward(in packet, _state, ref _draw, ref trace);
    }

    public NetfilterOutcome Prerouting(NetfilterPacket packet)
    {
        TraceCounts trace = new(Counters);
        return _rules.Prerouting(in packet, _state, ref _draw, ref trace);
    }

    public NetfilterOutcome Postrouting(NetfilterPacket packet)
    {
        TraceCounts trace = new(Counters);
        return _rules.Postrouting(in packet, _state, ref _draw, ref trace);
    }

    public NetfilterOutcome Raw(NetfilterPacket packet)
    {
        TraceCounts trace = new(Counters);
        return _rules.Raw(NetfilterHook.Prerouting, in packet, _state, ref _draw, ref trace);
    }

    public List<string> Visited(NetfilterPacket packet)
    {
        List<VisitedRule> visited = [];
        TraceRules trace = new(visited);
        _rules.Forward(in packet, _state, ref _draw, ref trace);
        return [.. visited.Select(rule => $"{_rules.PlaceOf(rule.Rule)}{(rule.IsMatch ? " *" : "")}")];
    }

    public void Dispose()
    {
        _state.Dispose();
        _rules.Dispose();
    }
}
