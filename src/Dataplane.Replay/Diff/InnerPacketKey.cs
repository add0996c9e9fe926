using System.Security.Cryptography;
using System.Text;

namespace Dataplane.Replay.Diff;

/// <summary>
/// Names the innermost IP packet of a frame, so that it can be found again behind other outer headers.
/// </summary>
internal static class InnerPacketKey
{
    public static UInt128 Of(DissectedFrame frame, FieldFilter filter)
    {
        int first = InnermostIp(frame);
        int last = first < 0 ? frame.Layers.Count - 1 : LastOfPacket(frame, first);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        foreach (DissectedField field in frame.Fields)
        {
            if (field.Layer < Math.Max(first, 1) || field.Layer > last || field.Value.Length == 0) continue;
            if (ChangesOnTheWay(field.Name) || filter.IgnoredBy(frame.QualifiedName(field)) is not null) continue;

            hash.AppendData(Encoding.UTF8.GetBytes($"{field.Name}={field.Value}\n"));
        }

        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    /// <summary>What every router rewrites.</summary>
    private static bool ChangesOnTheWay(string name) => name is "ip.ttl" or "ip.checksum" or "ipv6.hlim";

    private static int InnermostIp(DissectedFrame frame)
    {
        for (int layer = frame.Layers.Count - 1; layer > 0; layer--)
        {
            if (frame.Layers[layer] is "ip" or "ipv6") return layer;
        }

        return -1;
    }

    /// <summary>The transport's payload field holds all that comes after it.</summary>
    private static int LastOfPacket(DissectedFrame frame, int ip)
    {
        for (int layer = ip + 1; layer < frame.Layers.Count; layer++)
        {
            if (frame.Layers[layer] is "tcp" or "udp") return layer;
        }

        return frame.Layers.Count - 1;
    }
}
