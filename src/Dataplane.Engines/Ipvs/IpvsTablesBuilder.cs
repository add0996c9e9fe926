using System.Collections.Immutable;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>From virtual servers as they were added to flat tables, with the kernel's refusals.</summary>
internal sealed unsafe class IpvsTablesBuilder
{
    private readonly AddressNames _names;
    private readonly IpvsOptions _options;

    public IpvsTablesBuilder(ImmutableArray<IpvsVirtualServer> servers, AddressNames names, IpvsOptions options)
    {
        _names = names;
        _options = options;
        Servers = [.. servers];
        RealServers = [.. Servers.SelectMany(server => server.RealServers.Reverse())];
        Hash = new IpvsServiceHash(Servers.Length, options.ServiceTableBits);
        Services = new NativeArray<IpvsService>(Servers.Length + 1);
        Destinations = new NativeArray<IpvsDestination>(RealServers.Length + 1);
        HashTables = new NativeArray<uint>(Servers.Sum(server => (long)TableSizeOf(server)));

        HashSet<(IpAddress, ushort, byte)> seen = new(Servers.Length);
        uint destination = 1;
        uint table = 0;
        for (int index = 0; index < Servers.Length; index++)
        {
            IpvsVirtualServer server = Servers[index];
            Check(server);
            if (!seen.Add((server.Address, server.Port, server.Protocol)))
            {
                throw new InvalidDataException(
                    $"{server}: the virtual service is there already; leave one of them out");
            }

            Write((uint)index + 1, server, ref destination, ref table);
        }
    }

    public IpvsServiceHash Hash { get; }

    public NativeArray<IpvsService> Services { get; }

    public NativeArray<IpvsDestination> Destinations { get; }

    public NativeArray<uint> HashTables { get; }

    public IpvsVirtualServer[] Servers { get; }

    /// <summary>In the order of their numbers: of each service the one first that was added last.</summary>
    public IpvsRealServer[] RealServers { get; }

    private static void Check(IpvsVirtualServer server)
    {
        if (server.Port == 0 && !server.IsPersistent)
        {
            throw new InvalidDataException(
                $"{server}: port zero is for persistent services; give it a timeout with -p");
        }

        foreach (IpvsRealServer real in server.RealServers)
        {
            if (real.Address.Family != server.Address.Family)
            {
                throw new InvalidDataException(
                    $"{server}: real server {real.Address} is of another family than its virtual service");
            }
        }
    }

    private void Write(uint number, IpvsVirtualServer server, ref uint destination, ref uint table)
    {
        uint first = destination;
        for (int index = server.RealServers.Length - 1; index >= 0; index--)
        {
            IpvsRealServer real = server.RealServers[index];
            Destinations[destination++] = new IpvsDestination
            {
                Address = NameOf(real.Address),
                Port = real.Port,
                Forwarding = real.Forwarding,
                Weight = real.Weight,
                UpperThreshold = real.UpperThreshold,
                LowerThreshold = real.LowerThreshold,
                Service = number,
            };
        }

        IpvsRounds rounds = IpvsRounds.Of(server.RealServers);
        Services[number] = new IpvsService
        {
            Address = NameOf(server.Address),
            Port = server.Port,
            Protocol = server.Protocol,
            Family = (byte)server.Address.Family,
            First = first,
            Count = destination - first,
            Scheduler = server.Scheduler,
            Flags = server.Flags,
            Timeout = server.Timeout,
            Netmask = server.Netmask,
            Step = rounds.Step,
            RoundWeight = rounds.Highest,
            FirstWeight = rounds.First,
            Table = table,
            TableSize = FillTable(server, first, table),
        };
        table += (uint)TableSizeOf(server);
        Hash.Add(Fold(server.Address), in Services[number], number);
    }

    private int TableSizeOf(IpvsVirtualServer server) => server.RealServers.IsEmpty ? 0 : server.Scheduler switch
    {
        IpvsScheduler.SourceHash or IpvsScheduler.DestinationHash => IpvsHashTables.HashTableSize,
        IpvsScheduler.MaglevHash => IpvsHashTables.MaglevSize(_options.MaglevTableIndex),
        _ => 0,
    };

    private uint FillTable(IpvsVirtualServer server, uint first, uint start)
    {
        int size = TableSizeOf(server);
        if (size == 0) return 0;

        var table = new Span<uint>(HashTables.Start + start, size);
        IpvsRealServer[] listed = [.. server.RealServers.Reverse()];
        switch (server.Scheduler)
        {
            case IpvsScheduler.SourceHash:
                IpvsHashTables.FillByWeight(table, first, [.. listed.Select(real => real.Weight)]);
                return (uint)size;
            case IpvsScheduler.DestinationHash:
                IpvsHashTables.FillByTurn(table, first, listed.Length);
                return (uint)size;
            default:
                MaglevServer[] servers =
                    [.. listed.Select(real => new MaglevServer(Fold(real.Address), real.Port, real.LastWeight))];
                return IpvsHashTables.FillMaglev(table, first, servers, _options.MaglevTableIndex) ? (uint)size : 0;
        }
    }

    private uint NameOf(IpAddress address) => address.IsV4 ? address.V4 : _names.NameOf(address);

    private static uint Fold(IpAddress address) =>
        address.IsV4
            ? address.V4
            : (uint)(address.Value >> 96) ^ (uint)(address.Value >> 64) ^ (uint)(address.Value >> 32)
                ^ (uint)address.Value;
}
