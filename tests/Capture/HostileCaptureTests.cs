using Dataplane.Capture;
using Xunit;

namespace Dataplane.Tests.Capture;

/// <summary>
/// Whatever the bytes are: whole records, then an end or damage; nothing else is thrown, nothing hangs.
/// </summary>
public class HostileCaptureTests
{
    private const int Seed = 20_261_123;
    private const int MutationCount = 1_000;

    private static readonly byte[] Frame = [.. Enumerable.Range(0, 61).Select(i => (byte)i)];

    public static TheoryData<string> Kinds => ["pcap", "big-endian", "kuznetzov", "pcapng", "two sections"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_truncation_gives_whole_records_and_says_where_it_ends(string kind)
    {
        byte[] whole = Sample(kind);
        List<KeptRecord> all = ReadCapture.All(CaptureBytes.Open(whole));
        int clean = 0;
        for (int length = 0; length < whole.Length; length++)
        {
            foreach (bool preload in (bool[])[false, true])
            {
                if (TryRead(whole[..length], preload) is not { } read) continue;

                Assert.Equal(all.Take(read.Records.Count), read.Records);
                if (read.Damage is null) clean++;
                else Assert.InRange(read.Damage.Offset, 0, length);
            }
        }

        // Only a cut between two records or blocks goes unnoticed, and each of those counts twice (preloaded and not).
        int boundaries = kind switch { "pcapng" => 4, "two sections" => 9, _ => 3 };
        Assert.Equal(2 * boundaries, clean);
        Assert.Equal(kind == "two sections" ? 6 : 3, all.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Mutated_captures_neither_crash_nor_hang(string kind)
    {
        byte[] whole = Sample(kind);
        Random random = new(Seed);
        int records = 0;
        for (int round = 0; round < MutationCount; round++)
        {
            byte[] mutated = [.. whole];
            for (int i = random.Next(1, 6); i > 0; i--) Mutate(mutated, random);
            records += TryRead(mutated, preload: round % 2 == 0)?.Records.Count ?? 0;
        }

        Assert.InRange(records, MutationCount / 4, MutationCount * 7);
    }

    private static void Mutate(byte[] bytes, Random random)
    {
        byte[] tempting = [0, 1, 0x7F, 0x80, 0xFF];
        bytes[random.Next(bytes.Length)] = random.Next(2) == 0
            ? tempting[random.Next(tempting.Length)]
            : (byte)random.Next(256);
    }

    private static (List<KeptRecord> Records, CaptureDamage? Damage)? TryRead(byte[] bytes, bool preload)
    {
        try
        {
            using CaptureReader reader = CaptureBytes.Open(bytes, preload);
            return (ReadCapture.All(reader, atOnce: 2), reader.Damage);
        }
        catch (InvalidDataException error)
        {
            Assert.StartsWith("test.pcap: ", error.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private static byte[] Sample(string kind) => kind switch
    {
        "pcap" => ThreeRecords(new CaptureBytes().PcapHeader()),
        "big-endian" => ThreeRecords(new CaptureBytes(bigEndian: true).PcapHeader(0xA1B23C4D)),
        "kuznetzov" => Kuznetzov(),
        "pcapng" => Section(bigEndian: false),
        _ => [.. Section(bigEndian: false), .. Section(bigEndian: true)],
    };

    private static byte[] ThreeRecords(CaptureBytes bytes) =>
        bytes.PcapRecord(1, 1, Frame).PcapRecord(2, 2, []).PcapRecord(3, 3, Frame).ToArray();

    private static byte[] Kuznetzov()
    {
        CaptureBytes bytes = new CaptureBytes().PcapHeader(0xA1B2CD34);
        for (uint i = 0; i < 3; i++) bytes.U32(i).U32(i).U32(61).U32(61).U32(1).U16(8).Raw(0, 0).Raw(Frame);
        return bytes.ToArray();
    }

    private static byte[] Section(bool bigEndian) => new CaptureBytes(bigEndian)
        .Section()
        .Interface(options: options => options.Option(2, 65, 66).Option(9, 9))
        .EnhancedPacket(0, 1, Frame, options => options.Option(1, 65, 66, 67).U32(0))
        .Block(3, block => block.U32(61).Raw(Frame))
        .Block(2, block => block.U16(0).U16(0).U32(0).U32(4).U32(61).U32(61).Raw(Frame))
        .ToArray();
}
