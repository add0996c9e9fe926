using System.IO.Compression;
using Dataplane.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

/// <summary>Real captures to compare, unpacked and changed as a test wants; files go away with the test.</summary>
internal sealed class Captures : IDisposable
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplane-diff-").FullName;

    /// <summary>
    /// The kernel's own VXLAN frames on a node's eth0, as a classic pcap; skips where they or tshark are absent.
    /// </summary>
    public static byte[] KernelVxlan(string file = "live-n1-eth0.pcap.gz")
    {
        string? golden = FindGolden(file);
        if (golden is null) Assert.Skip("../shared/golden is not there");
        RequireTshark();
        using var packed = new GZipStream(File.OpenRead(golden), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static void RequireTshark()
    {
        try
        {
            Tshark.Find();
        }
        catch (InvalidDataException absent)
        {
            Assert.Skip(absent.Message);
        }
    }

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Where each frame's bytes begin, and how many there are.</summary>
    public static List<(int Start, int Length)> Frames(byte[] pcap)
    {
        List<(int, int)> frames = [];
        for (int at = FileHeader; at < pcap.Length;)
        {
            int length = BitConverter.ToInt32(pcap, at + 8);
            frames.Add((at + RecordHeader, length));
            at += RecordHeader + length;
        }

        return frames;
    }

    /// <summary>The same capture without one frame; frames are numbered from 1.</summary>
    public static byte[] Without(byte[] pcap, int frame)
    {
        (int start, int length) = Frames(pcap)[frame - 1];
        return [.. pcap[..(start - RecordHeader)], .. pcap[(start + length)..]];
    }

    /// <summary>The same capture with the last frame first.</summary>
    public static byte[] Reversed(byte[] pcap)
    {
        IEnumerable<(int Start, int Length)> frames = Frames(pcap).AsEnumerable().Reverse();
        return [.. pcap[..FileHeader],
            .. frames.SelectMany(one => pcap[(one.Start - RecordHeader)..(one.Start + one.Length)])];
    }

    /// <summary>The same capture with one byte of one frame flipped.</summary>
    public static byte[] Flip(byte[] pcap, int frame, int offset)
    {
        byte[] changed = [.. pcap];
        changed[Frames(pcap)[frame - 1].Start + offset] ^= 0x01;
        return changed;
    }

    /// <summary>A pcapng of some frames, each with the packet id of the record that it came of.</summary>
    public static byte[] PcapngWithPacketIds(byte[] pcap, params (int Frame, long PacketId)[] wanted)
    {
        var bytes = new MemoryStream();
        using var block = new BinaryWriter(bytes);
        block.WriteWords([0x0a0d0d0a, 28, 0x1a2b3c4d, 0x0000_0001, -1, -1, 28]);
        block.WriteWords([1, 20, 1, 0, 20]);
        foreach ((int frame, long packetId) in wanted)
        {
            (int start, int length) = Frames(pcap)[frame - 1];
            int padding = -length & 3;
            int size = 28 + length + padding + 16 + 4;
            block.WriteWords([6, size, 0, 0, 0, length, length]);
            block.Write(pcap, start, length);
            block.Write(new byte[padding]);
            block.WriteWords([0x0008_0005, (int)packetId, (int)(packetId >> 32), 0, size]);
        }

        return bytes.ToArray();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? FindGolden(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Dataplane.sln"))) continue;

            foreach (string shared in new[] { "../shared", "../../shared" })
            {
                string path = Path.Combine(folder.FullName, shared, "golden/10-overlay/vxlan-flannel", file);
                if (File.Exists(path)) return path;
            }
        }

        return null;
    }
}

internal static class BlockWriting
{
    public static void WriteWords(this BinaryWriter writer, int[] words)
    {
        foreach (int word in words) writer.Write(word);
    }
}
