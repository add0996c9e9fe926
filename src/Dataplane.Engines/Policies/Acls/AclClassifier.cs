using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Engines.Policies.Identities;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Acls;

/// <summary>
/// One tier's ACLs of one direction as flows (<c>lib/classifier.c</c>): for each axis (the pod's port, the peer's
/// address, the destination port) a hash table for each mask that occurs. An ACL is a conjunction: a flow of each axis
/// must hit. Of those that do, the first by priority wins.
/// </summary>
internal sealed class AclClassifier : IDisposable
{
    public const int NoMatch = -1;

    private readonly NativeArray<int> _ranks;
    private readonly NativeArray<FlowRun> _subjects;
    private readonly FlatMap<PeerFlowKey, FlowRun> _peers;
    private readonly FlatMap<PortFlowKey, FlowRun> _ports;
    private readonly FlowRun _anyPeer;
    private readonly FlowRun _anyPort;
    private readonly byte[] _lengthsV4;
    private readonly byte[] _lengthsV6;
    private readonly uint _portMasks;

    public AclClassifier(FlowDraft draft)
    {
        Acls = [.. draft.Acls];
        _ranks = new NativeArray<int>(draft.RankCount);
        _subjects = new NativeArray<FlowRun>(draft.Subjects.Length);
        _peers = new FlatMap<PeerFlowKey, FlowRun>(draft.Peers.Count);
        _ports = new FlatMap<PortFlowKey, FlowRun>(draft.Ports.Count);
        int used = 0;
        for (int identity = 0; identity < draft.Subjects.Length; identity++)
            _subjects[identity] = Store(draft.Subjects[identity], ref used);

        var stored = new Dictionary<List<int>, FlowRun>(ReferenceEqualityComparer.Instance);
        foreach ((IpPrefix prefix, List<int> ranks) in draft.Peers)
        {
            ref FlowRun run = ref CollectionsMarshal.GetValueRefOrAddDefault(stored, ranks, out bool isKnown);
            if (!isKnown) run = Store(ranks, ref used);
            var key = new PeerFlowKey(AddressWords.Of(prefix.Address), prefix.Length, (byte)prefix.Address.Family);
            _peers.Set(in key, in run);
        }

        foreach ((PolicyTraffic port, List<int> ranks) in draft.Ports)
        {
            var key = new PortFlowKey(port.Suffix, port.Protocol, port.Port);
            _ports.Set(in key, Store(ranks, ref used));
            _portMasks |= 1u << port.Suffix;
        }

        _anyPeer = Store(draft.AnyPeer, ref used);
        _anyPort = Store(draft.AnyPort, ref used);
        _lengthsV4 = LengthsOf(draft.Peers.Keys.Where(prefix => prefix.Address.IsV4));
        _lengthsV6 = LengthsOf(draft.Peers.Keys.Where(prefix => prefix.Address.IsV6));
    }

    /// <summary>By rank.</summary>
    public ImmutableArray<Acl> Acls { get; }

    public int FlowCount => _peers.Count + _ports.Count + (int)_subjects.Length;

    public long Size => _ranks.Length * sizeof(int) + _peers.Size + _ports.Size;

    /// <summary>The rank of the first ACL whose flows all hit.</summary>
    [SkipLocalsInit]
    public int Find(int identity, in AddressWords peer, byte family, byte protocol, ushort port)
    {
        FlowRun subjects = _subjects[identity];
        if (subjects.Count == 0) return NoMatch;

        ReadOnlySpan<byte> lengths = family == 4 ? _lengthsV4 : _lengthsV6;
        Span<FlowRun> peers = stackalloc FlowRun[lengths.Length + 1];
        int peerCount = FindPeers(lengths, in peer, family, ref peers);
        Span<FlowRun> ports = stackalloc FlowRun[PortFlowKey.MaxBits + 1];
        int portCount = FindPorts(protocol, port, ref ports);

        if (subjects.Count <= peerCount && subjects.Count <= portCount)
        {
            ReadOnlySpan<FlowRun> own = [subjects];
            return First(own, peers, ports);
        }

        ReadOnlySpan<FlowRun> rest = [subjects];
        return peerCount <= portCount ? First(peers, rest, ports) : First(ports, rest, peers);
    }

    public void Dispose()
    {
        _ranks.Dispose();
        _subjects.Dispose();
        _peers.Dispose();
        _ports.Dispose();
    }

    /// <summary>Gives how many ACLs all runs have together.</summary>
    private int FindPeers(ReadOnlySpan<byte> lengths, in AddressWords peer, byte family, ref Span<FlowRun> runs)
    {
        int bits = family == 4 ? AddressWords.BitsV4 : AddressWords.BitsV6;
        int found = 0;
        runs[found++] = _anyPeer;
        int count = _anyPeer.Count;
        foreach (byte length in lengths)
        {
            var key = new PeerFlowKey(peer.Masked(length, bits), length, family);
            if (!_peers.TryGet(in key, out FlowRun run)) continue;

            runs[found++] = run;
            count += run.Count;
        }

        runs = runs[..found];
        return count;
    }

    private int FindPorts(byte protocol, ushort port, ref Span<FlowRun> runs)
    {
        int found = 0;
        runs[found++] = _anyPort;
        int count = _anyPort.Count;
        for (uint masks = _portMasks; masks != 0; masks &= masks - 1)
        {
            var key = new PortFlowKey(BitOperations.TrailingZeroCount(masks), protocol, port);
            if (!_ports.TryGet(in key, out FlowRun run)) continue;

            runs[found++] = run;
            count += run.Count;
        }

        runs = runs[..found];
        return count;
    }

    /// <summary>The shortest axis is gone through; the others are asked.</summary>
    private int First(ReadOnlySpan<FlowRun> shortest, ReadOnlySpan<FlowRun> second, ReadOnlySpan<FlowRun> third)
    {
        int best = int.MaxValue;
        foreach (FlowRun run in shortest)
        {
            for (int index = run.First; index < run.First + run.Count; index++)
            {
                int rank = _ranks[index];
                if (rank >= best) break;
                if (Hold(second, rank) && Hold(third, rank))
                {
                    best = rank;
                    break;
                }
            }
        }

        return best == int.MaxValue ? NoMatch : best;
    }

    private unsafe bool Hold(ReadOnlySpan<FlowRun> runs, int rank)
    {
        foreach (FlowRun run in runs)
        {
            if (new ReadOnlySpan<int>(_ranks.Start + run.First, run.Count).BinarySearch(rank) >= 0) return true;
        }

        return false;
    }

    private FlowRun Store(List<int> ranks, ref int used)
    {
        var run = new FlowRun { First = used, Count = ranks.Count };
        foreach (int rank in ranks) _ranks[used++] = rank;
        return run;
    }

    private static byte[] LengthsOf(IEnumerable<IpPrefix> prefixes) =>
        [.. prefixes.Select(prefix => (byte)prefix.Length).Distinct().OrderDescending()];
}
