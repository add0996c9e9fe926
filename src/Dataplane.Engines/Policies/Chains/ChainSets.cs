using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>A member: an address or net; with protocol and port in a set of ports.</summary>
internal readonly record struct ChainSetMember(IpPrefix Net, byte Protocol = 0, ushort Port = 0)
{
    public string TextOf(ChainSetType type) => type switch
    {
        ChainSetType.Net => Net.ToString(),
        ChainSetType.AddressPort => $"{Net.Address},{FelixText.ProtocolOf(Protocol)}:{Port}",
        _ => Net.Address.ToString(),
    };
}

/// <summary>
/// All sets of one family in one hash table (<c>hash:ip</c>, <c>hash:net</c>, <c>hash:ip,port</c>): a set with nets is
/// asked once for each length that it has, the longest first, as <c>ip_set_hash_gen.h</c> does.
/// </summary>
internal sealed class ChainSets : IDisposable
{
    private readonly FlatMap<Key, byte> _members;
    private readonly NativeArray<Lengths> _lengths;
    private readonly byte[] _all;

    public ChainSets(ImmutableArray<ChainSet> sets)
    {
        _members = new FlatMap<Key, byte>(sets.Sum(set => (long)set.Members.Count));
        _lengths = new NativeArray<Lengths>(sets.Length);
        List<byte> all = [];
        for (int set = 0; set < sets.Length; set++)
        {
            byte[] own = [.. sets[set].Members.Select(member => (byte)member.Net.Length).Distinct().OrderDescending()];
            _lengths[set] = new Lengths { First = all.Count, Count = own.Length };
            all.AddRange(own);
            foreach (ChainSetMember member in sets[set].Members) _members.Set(Key.Of(set, in member), 1);
        }

        _all = [.. all];
        MemberCount = _members.Count;
    }

    public int MemberCount { get; }

    public long Size => _members.Size;

    /// <param name="set">The set's number.</param>
    /// <param name="address">The address, an IPv4 one in the low 32 bits.</param>
    /// <param name="bits">Bits in an address: 32 or 128.</param>
    /// <param name="protocol">With <paramref name="port"/>, for sets of ports; otherwise 0.</param>
    /// <param name="port">The port.</param>
    public bool Contains(int set, in AddressWords address, int bits, byte protocol, ushort port)
    {
        Lengths lengths = _lengths[set];
        for (int index = 0; index < lengths.Count; index++)
        {
            byte length = _all[lengths.First + index];
            Key key = new(set, address.Masked(length, bits), length, protocol, port);
            if (_members.Contains(in key)) return true;
        }

        return false;
    }

    public void Dispose()
    {
        _members.Dispose();
        _lengths.Dispose();
    }

    private struct Lengths
    {
        public int First;
        public int Count;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Key(int set, AddressWords address, byte length, byte protocol, ushort port) : IFlatKey<Key>
    {
        private readonly AddressWords _address = address;
        private readonly uint _set = (uint)set + 1;
        private readonly ushort _port = port;
        private readonly byte _protocol = protocol;
        private readonly byte _length = length;

        public bool IsFree => _set == 0;

        public static Key Of(int set, in ChainSetMember member) =>
            new(set, AddressWords.Of(member.Net.Address), (byte)member.Net.Length, member.Protocol, member.Port);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint Hash() =>
            FlowHash.Mix(_address.High ^ (ulong)_set << 32, _address.Low ^ (ulong)_port << 40 ^ (ulong)_length << 56);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(in Key other) =>
            _set == other._set && _address == other._address && _port == other._port && _protocol == other._protocol
            && _length == other._length;
    }
}
