using System.Runtime.CompilerServices;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies.Identities;

/// <summary>
/// From address to identity by the longest prefix; every family that the cluster has ends in its world.
/// </summary>
internal sealed class Ipcache : IDisposable
{
    private readonly FlatMap<IpcacheKey, IpcacheEntry> _entries;
    private readonly byte[] _lengthsV4;
    private readonly byte[] _lengthsV6;

    public Ipcache(Dictionary<IpPrefix, uint> identities)
    {
        _entries = new FlatMap<IpcacheKey, IpcacheEntry>(identities.Count);
        foreach ((IpPrefix prefix, uint identity) in identities)
        {
            var key = new IpcacheKey(AddressWords.Of(prefix.Address), prefix.Length, (byte)prefix.Address.Family);
            _entries.Set(in key, new IpcacheEntry(identity));
        }

        _lengthsV4 = LengthsOf(identities.Keys.Where(prefix => prefix.Address.IsV4));
        _lengthsV6 = LengthsOf(identities.Keys.Where(prefix => prefix.Address.IsV6));
    }

    public int Count => _entries.Count;

    public long Size => _entries.Size;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint IdentityOf(uint name, byte family, AddressNames names)
    {
        AddressWords address = AddressWords.Of(name, family, names);
        int bits = family == 4 ? AddressWords.BitsV4 : AddressWords.BitsV6;
        foreach (byte length in family == 4 ? _lengthsV4 : _lengthsV6)
        {
            var key = new IpcacheKey(address.Masked(length, bits), length, family);
            if (_entries.TryGet(in key, out IpcacheEntry entry)) return entry.Identity;
        }

        return NumericIdentities.World;
    }

    public void Dispose() => _entries.Dispose();

    private static byte[] LengthsOf(IEnumerable<IpPrefix> prefixes) =>
        [.. prefixes.Select(prefix => (byte)prefix.Length).Distinct().OrderDescending()];
}
