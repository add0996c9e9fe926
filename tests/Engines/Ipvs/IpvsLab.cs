using Dataplane.Core;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.Ipvs;

/// <summary>
/// One node with virtual services written as ipvsadm's lines, asked packet by packet; real servers go by their last
/// number.
/// </summary>
internal sealed class IpvsLab : IDisposable
{
    public const long Second = 1_000_000_000;

    private readonly AddressNames _names = new(AddressMap.Build([]));
    private IpvsTables _tables;

    public IpvsLab(string rules, IpvsOptions? options = null)
    {
        _tables = IpvsTables.Compile(IpvsRules.Parse(rules, "rules"), _names, options ?? IpvsOptions.Default);
        State = new IpvsState(_tables);
    }

    public IpvsState State { get; }

    public IpvsTables Tables => _tables;

    public long Now { get; set; }

    /// <summary>
    /// A service with real servers <c>10.244.1.N</c>, added in the order of the list: <c>"1:3 2:2"</c> is N:weight.
    /// </summary>
    public static string Service(string scheduler, string servers, string options = "", string protocol = "-t")
    {
        string rules = $"-A {protocol} 10.96.0.80:80 -s {scheduler} {options}\n";
        foreach (string server in servers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = server.Split(':', 2);
            string rest = parts.Length > 1 ? parts[1].Replace("/", " ", StringComparison.Ordinal) : "1";
            rules += $"-a {protocol} 10.96.0.80:80 -r 10.244.1.{parts[0]}:8080 -m -w {rest}\n";
        }

        return rules;
    }

    public FlowKey Key(
        string client, int port, string service = "10.96.0.80", int servicePort = 80, byte protocol = IpProtocol.Tcp)
    {
        IpAddress source = IpAddress.Parse(client);
        IpAddress destination = IpAddress.Parse(service);
        return new FlowKey
        {
            Source = source.IsV4 ? source.V4 : _names.NameOf(source),
            Destination = destination.IsV4 ? destination.V4 : _names.NameOf(destination),
            SourcePort = (ushort)port,
            DestinationPort = (ushort)servicePort,
            Protocol = protocol,
            Family = (byte)source.Family,
        };
    }

    /// <summary>Asks without letting the packet through.</summary>
    public ServiceVerdict Ask(in FlowKey key)
    {
        State.Advance(Now);
        return new IpvsLookup(_tables).Lookup(in key, State, Now);
    }

    /// <summary>
    /// A connection's first packet: SYN, INIT or a datagram. Gives the connection, 0 where there was no server.
    /// </summary>
    public uint Open(in FlowKey key, out ServiceVerdict verdict)
    {
        verdict = Ask(in key);
        return State.Commit(in key, in verdict, TcpStates.Syn, IpvsSctpStates.InitChunk, Now);
    }

    /// <summary>Opens a connection and gives the last number of the server's address; 0 where there was none.</summary>
    public int Serve(in FlowKey key)
    {
        Open(in key, out ServiceVerdict verdict);
        return Number(in verdict);
    }

    /// <summary>SYN, SYN/ACK, ACK: an active connection.</summary>
    public (int Server, uint Connection) Establish(in FlowKey key)
    {
        uint connection = Open(in key, out ServiceVerdict verdict);
        if (connection != 0)
        {
            State.Transit(connection, IpvsDirection.Output, TcpStates.Syn | TcpStates.Ack, 0, Now);
            State.Transit(connection, IpvsDirection.Input, TcpStates.Ack, 0, Now);
        }

        return (Number(in verdict), connection);
    }

    /// <summary>New TCP connections from one client to 10.96.0.80:80, each half open: who serves them.</summary>
    public string Sequence(int count) =>
        string.Join(' ', Enumerable.Range(0, count).Select(index => Serve(Key("10.244.9.9", 40000 + index))));

    /// <summary>As <see cref="Sequence"/>, but each is established and stays so.</summary>
    public string ActiveSequence(int count) =>
        string.Join(
            ' ', Enumerable.Range(0, count).Select(index => Establish(Key("10.244.9.9", 40000 + index)).Server));

    public IpvsLoad LoadOf(int server)
    {
        IpvsVirtualServer service = _tables.Servers[0];
        for (uint destination = 1; destination <= service.RealServers.Length; destination++)
        {
            if ((_tables.RealServerOf(destination).Address.V4 & 0xFF) == server) return State.LoadOf(destination);
        }

        throw new ArgumentException($"no server {server}");
    }

    /// <summary>Other rules while packets run.</summary>
    public void Change(string rules) => Change(IpvsRules.Parse(rules, "rules"));

    public void Change(IEnumerable<IpvsVirtualServer> servers)
    {
        IpvsTables next = IpvsTables.Compile(servers, _names, _tables.Options);
        State.Adopt(next);
        _tables.Dispose();
        _tables = next;
    }

    public void Dispose()
    {
        State.Dispose();
        _tables.Dispose();
        _names.Dispose();
    }

    private static int Number(in ServiceVerdict verdict) =>
        verdict.Outcome == ServiceOutcome.Backend ? (int)(verdict.BackendAddress & 0xFF) : 0;
}
