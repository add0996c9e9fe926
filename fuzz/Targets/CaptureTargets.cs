using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Fuzz.Targets;

/// <summary>Captures: whole records, then an end or damage; the same ones however many are asked for at once.</summary>
internal static class CaptureTargets
{
    private const string Name = "input.pcap";
    private const int MostInterfaces = ushort.MaxValue + 1;

    private static readonly CaptureRecord[] Records = new CaptureRecord[256];

    /// <summary>A classic file, whatever its magic was.</summary>
    public static void RunPcap(ReadOnlySpan<byte> input) => RunAs(input, [0xD4, 0xC3, 0xB2, 0xA1], PcapMagics);

    public static void RunPcapng(ReadOnlySpan<byte> input) => RunAs(input, [0x0A, 0x0D, 0x0D, 0x0A], []);

    /// <summary>Gzip, zstd and lz4, and what lies in them.</summary>
    public static void RunStream(ReadOnlySpan<byte> input) => Read(input.ToArray(), preload: false, Records.Length);

    public static IEnumerable<byte[]> PcapSeeds() => SeedFiles.Captures(bytes => bytes.Length >= 24 && IsPcap(bytes));

    public static IEnumerable<byte[]> PcapngSeeds() =>
        SeedFiles.Captures(bytes => bytes.AsSpan().StartsWith("\n\r\r\n"u8));

    public static IEnumerable<byte[]> StreamSeeds() => SeedFiles.Compressed();

    private static readonly uint[] PcapMagics =
        [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34, 0xD4C3B2A1, 0x4D3CB2A1, 0x34CDB2A1];

    private static bool IsPcap(ReadOnlySpan<byte> bytes) => PcapMagics.AsSpan().Contains(BitConverter.ToUInt32(bytes));

    // The other target's magic becomes this one's, so that no work is done twice.
    private static void RunAs(ReadOnlySpan<byte> input, ReadOnlySpan<byte> magic, uint[] others)
    {
        if (input.Length < magic.Length) return;

        byte[] bytes = input.ToArray();
        if (!others.AsSpan().Contains(BitConverter.ToUInt32(bytes))) magic.CopyTo(bytes);
        (long count, ulong hash) = Read(bytes, preload: false, atOnce: 3);
        Expect.That((count, hash) == Read(bytes, preload: true, Records.Length), "preloaded, the records are others");
    }

    private static (long Count, ulong Hash) Read(byte[] bytes, bool preload, int atOnce)
    {
        try
        {
            using CaptureReader reader = CaptureFile.Open(
                new MemoryStream(bytes), Name, new CaptureReadOptions { Preload = preload });
            return ReadAll(reader, atOnce);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            Expect.OneLine(error.Message, Name);
            return (-1, 0);
        }
    }

    private static (long Count, ulong Hash) ReadAll(CaptureReader reader, int atOnce)
    {
        (long count, ulong hash, long position) = (0, 14695981039346656037, 0);
        while (reader.Read(Records.AsSpan(0, atOnce)) is var read and > 0)
        {
            Expect.That(reader.Position >= position, "the reader goes backwards");
            position = reader.Position;
            foreach (ref readonly CaptureRecord record in Records.AsSpan(0, read))
            {
                Check(reader, in record);
                hash = (hash ^ HashOf(in record)) * 1099511628211;
            }

            count += read;
        }

        if (reader.Damage is { } damage)
            Expect.That(
                damage.Offset >= 0 && !damage.Text.Any(char.IsControl), $"damage at {damage.Offset}: {damage.Text}");
        return (count, hash);
    }

    private static void Check(CaptureReader reader, in CaptureRecord record)
    {
        Expect.That(record.CapturedLength >= 0, "a length below zero");
        Expect.That(record.OriginalLength >= record.CapturedLength, "more captured than there was");
        Expect.That(record.Interface < reader.Interfaces.Count, "an interface that the capture does not have");
        Expect.That(reader.Interfaces.Count <= MostInterfaces, "more interfaces than numbers for them");
        Expect.That(reader.Interfaces[record.Interface].LinkType == record.LinkType, "not the interface's link type");
    }

    private static ulong HashOf(in CaptureRecord record)
    {
        var hash = new HashCode();
        hash.AddBytes(record.Bytes);
        hash.Add(record.OriginalLength);
        hash.Add(record.Timestamp);
        hash.Add(record.Interface);
        hash.Add(record.Direction);
        return (uint)hash.ToHashCode();
    }
}
