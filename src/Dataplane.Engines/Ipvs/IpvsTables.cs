using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// One node's virtual services and real servers (<c>net/netfilter/ipvs/ip_vs_ctl.c</c>), as flat memory. Immutable once
/// compiled; what changes with packets is <see cref="IpvsState"/>. Services and destinations are numbered from 1.
/// </summary>
public sealed unsafe class IpvsTables : IDisposable
{
    private const ushort FtpPort = 21;
    private const ushort FtpDataPort = 20;
    private const ushort FirstUnprivilegedPort = 1024;

    private readonly IpvsServiceHash _hash;
    private readonly NativeArray<IpvsService> _services;
    private readonly NativeArray<IpvsDestination> _destinations;
    private readonly NativeArray<uint> _hashTables;
    private readonly AddressNames _names;
    private readonly IpvsVirtualServer[] _servers;
    private readonly IpvsRealServer[] _realServers;
    private readonly bool _hasFtp;
    private readonly bool _hasPortZero;

    private IpvsTables(IpvsTablesBuilder built, AddressNames names, IpvsOptions options)
    {
        _hash = built.Hash;
        _services = built.Services;
        _destinations = built.Destinations;
        _hashTables = built.HashTables;
        _names = names;
        _servers = built.Servers;
        _realServers = built.RealServers;
        _hasFtp = Array.Exists(_servers, server => server.Port == FtpPort && server.Protocol == IpProtocol.Tcp);
        _hasPortZero = Array.Exists(_servers, server => server.Port == 0);
        Options = options;
    }

    public IpvsOptions Options { get; }

    public int ServiceCount => _servers.Length;

    public int DestinationCount => _realServers.Length;

    /// <summary>Buckets of the service hash.</summary>
    public uint Buckets => _hash.Buckets;

    /// <summary>Bytes of all tables but those of sh, dh and mh.</summary>
    public long Size => _hash.Size + _services.Length * IpvsService.Size + _destinations.Length * IpvsDestination.Size;

    /// <summary>Bytes of the tables of sh, dh and mh.</summary>
    public long HashTableBytes => _hashTables.Length * sizeof(uint);

    /// <summary>What of these tables is not as in Linux 6.1, in a sentence each.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            if (Buckets <= 1 << IpvsOptions.KernelServiceTableBits) yield break;
            yield return $"ipvs: {Buckets} buckets for {ServiceCount} virtual services; "
                + "Linux 6.1 has 256 whatever their number (ipvs.svcTabBits=8 does as it does)";
        }
    }

    /// <summary>All virtual services, with the real servers of each, in the order in which they were added.</summary>
    public IReadOnlyList<IpvsVirtualServer> Servers => _servers;

    /// <exception cref="InvalidDataException">A service given twice, or one that the kernel refuses.</exception>
    public static IpvsTables Compile(
        IEnumerable<IpvsVirtualServer> servers, AddressNames names, IpvsOptions options) =>
        new(new IpvsTablesBuilder([.. servers], names, options), names, options);

    /// <summary>The service that a verdict names.</summary>
    public IpvsVirtualServer ServiceOf(uint service) => _servers[service - 1];

    /// <summary>The real server that a verdict's <see cref="ServiceVerdict.Backend"/> names.</summary>
    public IpvsRealServer RealServerOf(uint destination) => _realServers[destination - 1];

    /// <summary>
    /// Whether a packet without connection is scheduled at all: TCP's SYN, SCTP's INIT, any UDP datagram; never what a
    /// FTP server sends from its data port.
    /// </summary>
    public static bool IsScheduled(byte protocol, ushort sourcePort, byte tcpFlags, byte sctpChunk) =>
        sourcePort != FtpDataPort && protocol switch
        {
            IpProtocol.Tcp => (tcpFlags & (TcpStates.Syn | TcpStates.Rst)) == TcpStates.Syn,
            IpProtocol.Sctp => sctpChunk == IpvsSctpStates.InitChunk,
            _ => protocol == IpProtocol.Udp,
        };

    /// <summary>
    /// The service of a packet (<c>ip_vs_service_find</c>): the exact one; for TCP to a port that FTP's data may have,
    /// the FTP service of the address; the address's service for port zero, which takes all ports.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint FindService(in FlowKey key)
    {
        uint fold = FoldOf(key.Destination, key.Family);
        uint service = _hash.Find(in key, fold, key.DestinationPort);
        return service != 0 || !(_hasFtp | _hasPortZero) ? service : FindCatchAll(in key, fold);
    }

    /// <summary>The service with another compile's address, port and protocol; 0 where it is gone.</summary>
    internal uint FindExact(in IpvsService other)
    {
        var key = new FlowKey
        {
            Destination = other.Address,
            DestinationPort = other.Port,
            Protocol = other.Protocol,
            Family = other.Family,
        };
        return _hash.Find(in key, FoldOf(key.Destination, key.Family), key.DestinationPort);
    }

    /// <summary>Chain entries that <see cref="FindService"/> compares.</summary>
    public int CountProbes(in FlowKey key) =>
        _hash.CountProbes(in key, FoldOf(key.Destination, key.Family), key.DestinationPort);

    /// <summary>The bucket that <see cref="FindService"/> looks into first.</summary>
    public uint BucketOf(in FlowKey key) =>
        _hash.BucketOf(FoldOf(key.Destination, key.Family), key.Protocol, key.DestinationPort);

    internal void Prefetch(in FlowKey key) =>
        _hash.Prefetch(FoldOf(key.Destination, key.Family), key.Protocol, key.DestinationPort);

    internal void PrefetchDestination(uint destination)
    {
        if (Sse.IsSupported) Sse.Prefetch0(_destinations.Start + destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref IpvsService Service(uint service) => ref _services[service];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref IpvsDestination Destination(uint destination) => ref _destinations[destination];

    internal uint HashTableEntry(in IpvsService service, uint slot) => _hashTables[service.Table + slot];

    /// <summary>The table of a service with sh, dh or mh: numbers of destinations.</summary>
    public ReadOnlySpan<uint> HashTableOf(uint service) =>
        new(_hashTables.Start + _services[service].Table, (int)_services[service].TableSize);

    /// <summary>The number of the service's real server with this address and port; 0 where it has none.</summary>
    public uint FindDestination(uint service, uint address, ushort port)
    {
        ref readonly IpvsService entry = ref _services[service];
        for (uint destination = entry.First; destination < entry.End; destination++)
        {
            ref readonly IpvsDestination candidate = ref _destinations[destination];
            if (candidate.Address == address && candidate.Port == port) return destination;
        }

        return 0;
    }

    /// <summary>
    /// An address as the kernel's hashes see it: 32 bits in host order, the words of an IPv6 address xored.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint FoldOf(uint name, byte family) => family == 4 ? name : FoldOfV6(name);

    /// <summary>The client as persistence sees it: what the service's mask leaves of the address.</summary>
    internal uint MaskedClient(in IpvsService service, uint client)
    {
        if (service.Family == 4) return client & service.Netmask;
        if (service.Netmask >= IpvsVirtualServer.WholeV6) return client;

        UInt128 mask = UInt128.MaxValue << (int)(IpvsVirtualServer.WholeV6 - service.Netmask);
        return _names.NameOf(IpAddress.FromV6(_names.AddressOf(client).Value & mask));
    }

    internal IpAddress AddressOf(uint name, byte family) =>
        family == 4 ? IpAddress.FromV4(name) : _names.AddressOf(name);

    public void Dispose()
    {
        _hash.Dispose();
        _services.Dispose();
        _destinations.Dispose();
        _hashTables.Dispose();
    }

    private uint FindCatchAll(in FlowKey key, uint fold)
    {
        uint service = 0;
        bool mayBeFtpData = key.DestinationPort is FtpDataPort or >= FirstUnprivilegedPort;
        if (_hasFtp && key.Protocol == IpProtocol.Tcp && mayBeFtpData) service = _hash.Find(in key, fold, FtpPort);
        if (service == 0 && _hasPortZero) service = _hash.Find(in key, fold, port: 0);
        return service;
    }

    private uint FoldOfV6(uint name)
    {
        byte* address = stackalloc byte[16];
        _names.WriteTo(name, address);
        uint fold = ((uint*)address)[0] ^ ((uint*)address)[1] ^ ((uint*)address)[2] ^ ((uint*)address)[3];
        return BinaryPrimitives.ReverseEndianness(fold);
    }
}
