using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>
/// <c>cilium_lb4_source_range</c> and its IPv6 twin: who may use a frontend. Cilium's is a prefix trie with the
/// frontend's number in front of the address; here the few prefixes of a frontend stand side by side.
/// </summary>
public sealed unsafe class LbSourceRanges : IDisposable
{
    private readonly NativeArray<Run> _runs;
    private readonly NativeArray<Prefix> _prefixes;
    private readonly AddressNames _names;

    internal LbSourceRanges(IReadOnlyList<ImmutableArray<IpPrefix>> byFrontend, AddressNames names)
    {
        _names = names;
        _runs = new NativeArray<Run>(byFrontend.Count + 1);
        _prefixes = new NativeArray<Prefix>(byFrontend.Sum(ranges => (long)ranges.Length));
        int next = 0;
        for (int index = 0; index < byFrontend.Count; index++)
        {
            _runs[index + 1] = new Run(next, byFrontend[index].Length);
            foreach (IpPrefix range in byFrontend[index]) _prefixes[next++] = ToPrefix(range);
        }
    }

    /// <summary>Bytes of memory.</summary>
    public long Size => _runs.Length * sizeof(Run) + _prefixes.Length * sizeof(Prefix);

    /// <summary>Whether one of the frontend's prefixes holds the client.</summary>
    public bool Hold(ushort reverseNat, in FlowKey key)
    {
        UInt128 address = key.Family == 4 ? key.Source : _names.AddressOf(key.Source).Value;
        Run run = _runs[reverseNat];
        for (int index = run.First; index < run.First + run.Count; index++)
        {
            ref readonly Prefix prefix = ref _prefixes[index];
            if ((address & prefix.Mask) == prefix.Address) return true;
        }

        return false;
    }

    public void Dispose()
    {
        _runs.Dispose();
        _prefixes.Dispose();
    }

    private static Prefix ToPrefix(IpPrefix range)
    {
        int bits = range.Address.Bits;
        UInt128 all = bits == 128 ? UInt128.MaxValue : uint.MaxValue;
        UInt128 mask = range.Length == 0 ? 0 : all << (bits - range.Length) & all;
        return new Prefix(range.Address.Value, mask);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Run(int First, int Count);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Prefix(UInt128 Address, UInt128 Mask);
}
