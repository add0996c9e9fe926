using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// What IPVS on one node remembers: connections and templates with their timers, each destination's load, each
/// scheduler's place. Look-ups only read it; it changes by its own calls, and time is the capture's.
/// </summary>
public sealed class IpvsState : IDisposable
{
    private const long Second = 1_000_000_000;
    private const uint UdpTimeout = 300;
    private const uint BusyTemplateTimeout = 60;
    private const ushort FtpPort = 21;
    private const ushort InvalidPort = ushort.MaxValue;

    private readonly IpvsLoads _loads = new(new NativeArray<IpvsLoad>(0));
    private readonly NativeArray<IpvsMark> _marks = new(0);
    private readonly IpvsTimerWheel _timers;
    private IpvsTables _tables;

    public IpvsState(IpvsTables tables)
    {
        _tables = tables;
        Sets = new IpvsReplicaSets(this);
        Connections = new IpvsConnectionTable(tables.Options.ConnectionTableBits);
        _timers = new IpvsTimerWheel(Connections);
        Renew(tables);
    }

    /// <summary>Connections and templates of this node.</summary>
    public IpvsConnectionTable Connections { get; }

    /// <summary>Bytes of memory held, connections and all.</summary>
    public long Size => _loads.Size + _marks.Length * IpvsMark.Size + Sets.Size + Connections.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly IpvsLoad LoadOf(uint destination) => ref _loads.Of(destination);

    internal void PrefetchLoad(uint destination) => _loads.Prefetch(destination);

    internal ref IpvsMark MarkOf(uint service) => ref _marks[service];

    /// <summary>lblcr's sets of servers.</summary>
    internal IpvsReplicaSets Sets { get; }

    /// <summary>
    /// Ends the connections and templates whose time is over; to be called with the time of each packet.
    /// </summary>
    public void Advance(long now)
    {
        for (uint entry = _timers.TakeExpired(now); entry != 0; entry = _timers.TakeExpired(now))
        {
            if (Connections[entry].Controlled == 0)
            {
                End(entry);
                continue;
            }

            Connections[entry].Timeout = BusyTemplateTimeout;
            Connections[entry].Expires += BusyTemplateTimeout * Second;
            _timers.Start(entry);
        }
    }

    /// <summary>
    /// What a packet to a virtual service finds (<c>ip_vs_in</c> up to the scheduler): a SYN on a connection that is
    /// over, or whose real server drains, ends it, as does a packet for a real server that is gone.
    /// </summary>
    /// <param name="conntrackIsOld">Whether conntrack had the packet's flow already; its entry must go
    /// before another is made.</param>
    public IpvsReceipt Receive(
        in FlowKey key, byte tcpFlags, byte sctpChunk, bool conntrackIsOld, long now, out uint connection)
    {
        connection = Connections.Find(in key);
        if (connection == 0) return IpvsReceipt.None;

        ref IpvsConnection found = ref Connections[connection];
        bool isGone = found.Destination == 0;
        bool opens = key.Protocol == IpProtocol.Tcp ? (tcpFlags & TcpStates.Syn) != 0
            : key.Protocol == IpProtocol.Sctp && sctpChunk == IpvsSctpStates.InitChunk;
        if (opens && (_tables.Options.ConnReuseMode & 1) != 0 && (Drains(in found) || IsOver(in found)))
        {
            return Release(ref connection, conntrackIsOld, now);
        }

        if (!isGone) return IpvsReceipt.Connection;
        if (_tables.Options.ExpireNodestConn) return Release(ref connection, conntrackIsOld, now);

        connection = 0;
        return IpvsReceipt.Dropped;
    }

    /// <summary>
    /// Makes the connection that a look-up of this key has chosen, template and all, and moves the scheduler on; to be
    /// called once for each look-up whose packet is let through. Gives the connection; 0 where there was no
    /// destination, or where each datagram goes its own way.
    /// </summary>
    public uint Commit(in FlowKey key, in ServiceVerdict verdict, byte tcpFlags, byte sctpChunk, long now)
    {
        if (verdict.Service == 0) return 0;

        ref readonly IpvsService service = ref _tables.Service(verdict.Service);
        uint template = service.Has(IpvsServiceFlags.Persistent) ? FindTemplate(in service, in key) : 0;
        bool isFromTemplate = template != 0 && IsValid(template);
        if (!isFromTemplate) MoveScheduler(in service, in verdict, in key, now);
        if (verdict.Outcome != ServiceOutcome.Backend) return 0;
        if (service.Has(IpvsServiceFlags.Persistent))
        {
            if (!isFromTemplate) template = MakeTemplate(in service, in key, in verdict, template);
            _timers.Restart(template, now + Connections[template].Timeout * Second);
        }

        if (service.Has(IpvsServiceFlags.OnePacket) && key.Protocol == IpProtocol.Udp)
        {
            _loads.PassOnePacket(verdict.Backend, _tables);
            return 0;
        }

        uint connection = Make(in key, in verdict, template, now);
        Transit(connection, IpvsDirection.Input, tcpFlags, sctpChunk, now);
        return connection;
    }

    /// <summary>
    /// A packet of a connection: its state, its destination's load, its timer (<c>ip_vs_set_state</c>).
    /// </summary>
    public void Transit(uint connection, IpvsDirection direction, byte tcpFlags, byte sctpChunk, long now)
    {
        ref IpvsConnection entry = ref Connections[connection];
        if ((entry.Flags & IpvsConnectionFlags.NoOutput) != 0)
        {
            if (direction == IpvsDirection.Output) entry.Flags &= ~IpvsConnectionFlags.NoOutput;
            else direction = IpvsDirection.InputOnly;
        }

        switch (entry.Protocol)
        {
            case IpProtocol.Tcp:
                byte tcp = IpvsTcpStates.After(entry.State, direction, tcpFlags);
                Enter(ref entry, tcp, IpvsTcpStates.IsActive(tcp), IpvsTcpStates.TimeoutOf(tcp));
                break;
            case IpProtocol.Sctp:
                byte sctp = IpvsSctpStates.After(entry.State, direction, sctpChunk);
                Enter(ref entry, sctp, sctp == IpvsSctpStates.Established, IpvsSctpStates.TimeoutOf(sctp));
                break;
            default:
                entry.Timeout = UdpTimeout;
                break;
        }

        _timers.Restart(connection, now + entry.Timeout * Second);
    }

    /// <summary>
    /// Goes on with other tables: what is in both keeps its connections, load and place; connections of a real server
    /// that is gone stay until their next packet or their time (the kernel would take it out of its bin with them if it
    /// came back).
    /// </summary>
    public void Adopt(IpvsTables tables)
    {
        new IpvsHandover(_tables, tables).Apply(this, _loads.All, _marks);
        _tables = tables;
    }

    public void Dispose()
    {
        _loads.All.Dispose();
        _marks.Dispose();
        Sets.Dispose();
        _timers.Dispose();
        Connections.Dispose();
    }

    /// <summary>The client's template for this packet, valid or not; 0 where there is none.</summary>
    internal uint FindTemplate(in IpvsService service, in FlowKey key)
    {
        uint client = _tables.MaskedClient(in service, key.Source);
        return Connections.FindTemplate(client, in key, TemplatePortOf(in service, in key));
    }

    /// <summary><c>ip_vs_check_template</c>.</summary>
    internal bool IsValid(uint template)
    {
        uint destination = Connections[template].Destination;
        return destination != 0
            && !(_tables.Options.ExpireQuiescentTemplate && _tables.Destination(destination).Weight == 0);
    }

    /// <summary>As after <see cref="IpvsState(IpvsTables)"/>: no load anywhere, every scheduler at its start.</summary>
    internal void Renew(IpvsTables tables)
    {
        _loads.All.Renew(tables.DestinationCount + 1);
        Sets.Renew(tables);
        _marks.Renew(tables.ServiceCount + 1);
        for (uint service = 1; service <= tables.ServiceCount; service++)
        {
            _marks[service].Weight = tables.Service(service).FirstWeight;
        }
    }

    private static ushort TemplatePortOf(in IpvsService service, in FlowKey key) =>
        key.DestinationPort == service.Port && service.Port != FtpPort ? key.DestinationPort : (ushort)0;

    private bool Drains(in IpvsConnection connection) =>
        _tables.Options.ExpireNodestConn && connection.Destination != 0
        && _tables.Destination(connection.Destination).Weight == 0;

    /// <summary><c>is_new_conn_expected</c>; a connection under a template stays with it.</summary>
    private bool IsOver(in IpvsConnection connection) => connection.Control == 0 && connection.Protocol switch
    {
        IpProtocol.Tcp => connection.State is IpvsTcpStates.TimeWait or IpvsTcpStates.Close
            || ((_tables.Options.ConnReuseMode & 2) != 0 && connection.State == IpvsTcpStates.FinWait
                && (connection.Flags & IpvsConnectionFlags.NoOutput) != 0),
        IpProtocol.Sctp => connection.State == IpvsSctpStates.Closed,
        _ => false,
    };

    private IpvsReceipt Release(ref uint connection, bool conntrackIsOld, long now)
    {
        _timers.Expire(connection, now);
        connection = 0;
        return conntrackIsOld ? IpvsReceipt.Dropped : IpvsReceipt.None;
    }

    private void MoveScheduler(in IpvsService service, in ServiceVerdict verdict, in FlowKey key, long now)
    {
        ref IpvsMark mark = ref _marks[verdict.Service];
        switch (service.Scheduler)
        {
            case IpvsScheduler.RoundRobin:
                if (verdict.Backend != 0) mark.Last = verdict.Backend;
                break;
            case IpvsScheduler.WeightedRoundRobin or IpvsScheduler.LocalityLeastConnection:
                new IpvsScheduling(_tables, this, in service, now).Choose(in key, ref mark);
                break;
            case IpvsScheduler.LocalityLeastConnectionReplicated:
                bool isMember = new IpvsScheduling(_tables, this, in service, now).UncrowdedOfSet(in mark) != 0;
                Sets.Use(ref mark, isMember ? 0 : verdict.Backend, now);
                break;
        }
    }

    private uint MakeTemplate(in IpvsService service, in FlowKey key, in ServiceVerdict verdict, uint invalid)
    {
        if (invalid != 0) Connections[invalid].VirtualPort = InvalidPort;
        ushort port = TemplatePortOf(in service, in key);
        var template = new IpvsConnection
        {
            Client = _tables.MaskedClient(in service, key.Source),
            Virtual = key.Destination,
            RealServer = verdict.BackendAddress,
            VirtualPort = port,
            RealPort = port != 0 ? _tables.Destination(verdict.Backend).Port : (ushort)0,
            Protocol = key.Protocol,
            Family = key.Family,
            Flags = IpvsConnectionFlags.Template,
            Destination = verdict.Backend,
            Timeout = service.Timeout,
        };
        uint entry = Connections.Add(in template);
        _timers.Start(entry);
        _loads.AddTemplate(verdict.Backend, _tables);
        return entry;
    }

    private uint Make(in FlowKey key, in ServiceVerdict verdict, uint template, long now)
    {
        bool isMasqueraded = _tables.Destination(verdict.Backend).Forwarding == IpvsForwarding.Masquerade;
        var connection = new IpvsConnection
        {
            Client = key.Source,
            Virtual = key.Destination,
            RealServer = verdict.BackendAddress,
            ClientPort = key.SourcePort,
            VirtualPort = key.DestinationPort,
            RealPort = verdict.BackendPort,
            Protocol = key.Protocol,
            Family = key.Family,
            Flags = isMasqueraded
                ? IpvsConnectionFlags.Inactive
                : IpvsConnectionFlags.Inactive | IpvsConnectionFlags.NoOutput,
            Destination = verdict.Backend,
            Control = template,
            Expires = now,
        };
        if (template != 0) Connections[template].Controlled++;
        uint entry = Connections.Add(in connection);
        _timers.Start(entry);
        _loads.AddConnection(verdict.Backend, _tables);
        return entry;
    }

    private void Enter(ref IpvsConnection entry, byte state, bool isActive, uint timeout)
    {
        bool wasActive = (entry.Flags & IpvsConnectionFlags.Inactive) == 0;
        if (state != entry.State && wasActive != isActive && entry.Destination != 0)
        {
            _loads.Activate(entry.Destination, isActive);
            entry.Flags ^= IpvsConnectionFlags.Inactive;
        }

        entry.State = state;
        entry.Timeout = timeout;
    }

    /// <summary><c>ip_vs_unbind_dest</c>, and the place of the entry.</summary>
    private void End(uint entry)
    {
        ref IpvsConnection connection = ref Connections[entry];
        if (connection.Control != 0) Connections[connection.Control].Controlled--;
        if (connection.Destination != 0) _loads.Remove(connection.Destination, connection.Flags, _tables);
        Connections.Remove(entry);
    }
}
