using System.Buffers.Binary;
using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Fuzz;

/// <summary>Small captures of the forms that the repository's own files do not have.</summary>
internal static class SeedCaptures
{
    private const int FrameSize = 60;

    public static IEnumerable<byte[]> Plain() => [BigEndian(), Write("seed.pcapng")];

    public static IEnumerable<byte[]> Compressed() =>
        ((string[])["seed.pcap.gz", "seed.pcap.zst", "seed.pcap.lz4", "seed.pcapng.zst"]).Select(Write);

    private static byte[] Write(string name)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dataplane-seed-");
        try
        {
            string path = Path.Combine(folder.FullName, name);
            using (CaptureWriter writer = CaptureWriter.Create(path))
            {
                writer.AddNames([(IpAddress.Parse("10.0.0.1"), "pod")]);
                int index = writer.AddInterface("eth0", LinkType.Ethernet);
                for (uint order = 0; order < 3; order++)
                    writer.Write(order, index, 1_000_000_000 * order, Frame(), FrameSize + 9, default);
            }

            return File.ReadAllBytes(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static byte[] BigEndian()
    {
        byte[] header = new byte[40];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 0x0002_0004);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), ushort.MaxValue);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(20), (uint)LinkType.Ethernet);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), FrameSize);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(36), FrameSize);
        return [.. header, .. Frame()];
    }

    private static byte[] Frame() => [.. Enumerable.Range(0, FrameSize).Select(value => (byte)value)];
}
