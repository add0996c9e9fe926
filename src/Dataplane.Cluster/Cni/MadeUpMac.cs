using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>MAC addresses for devices that nobody has named one for: the same on every run.</summary>
internal static class MadeUpMac
{
    private const ulong CniPrefix = 0x0a58;

    /// <summary>From a name, locally administered and unicast as flanneld makes its random ones.</summary>
    public static MacAddress FromName(string name)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        hash[0] = (byte)(hash[0] & 0xfe | 0x02);
        return MacAddress.FromBytes(hash);
    }

    /// <summary>
    /// 0a:58 and the IPv4 address, as the CNI plugins (pkg/utils/hwaddr) make them; from the name without an address.
    /// </summary>
    public static MacAddress FromAddress(IpAddress address, string name) =>
        address.IsV4 ? new MacAddress(CniPrefix << 32 | address.V4) : FromName(name);

    /// <summary>
    /// 0a:58 and the IPv4 address, or a hash of the IPv6 address, as ovn-kubernetes' IPAddrToHWAddr has it.
    /// </summary>
    public static MacAddress FromEither(IpAddress v4, IpAddress v6, string name)
    {
        if (v4.IsV4 || v6.IsNone) return FromAddress(v4, name);

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(v6.ToString()));
        return new MacAddress(CniPrefix << 32 | BinaryPrimitives.ReadUInt32BigEndian(hash));
    }
}
