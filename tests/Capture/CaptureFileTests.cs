using System.IO.Compression;
using Dataplane.Capture;
using Dataplane.Wire;
using K4os.Compression.LZ4.Streams;
using Xunit;
using ZstdSharp;

namespace Dataplane.Tests.Capture;

public class CaptureFileTests
{
    private const int RecordCount = 50_000;

    private static readonly byte[] Large = MakeLarge();

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("lz4")]
    public void Compression_is_recognised_by_its_magic(string kind)
    {
        using TemporaryFile file = new(".pcap");
        using (Stream target = Compress(kind, File.Create(file.Path))) target.Write(Large);

        foreach (bool preload in (bool[])[false, true])
        {
            using CaptureReader reader = CaptureFile.Open(file.Path, new CaptureReadOptions { Preload = preload });
            Assert.Equal(preload, reader.CanRewind);
            AssertAllThere(reader);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("lz4")]
    public void A_compressed_capture_that_is_cut_off_gives_what_could_be_read(string kind)
    {
        using MemoryStream compressed = new();
        using (Stream target = Compress(kind, compressed)) target.Write(Large);
        byte[] bytes = compressed.ToArray();

        using CaptureReader reader = CaptureBytes.Open(bytes[..(bytes.Length / 2)]);
        Assert.InRange(ReadCapture.Count(reader, new CaptureRecord[256]), 1_000, RecordCount - 1);
        Assert.NotNull(reader.Damage);
    }

    [Fact]
    public void Damage_inside_of_gzip_is_damage_and_no_crash()
    {
        using MemoryStream compressed = new();
        using (Stream target = Compress("gzip", compressed)) target.Write(Large);
        byte[] bytes = compressed.ToArray();
        bytes.AsSpan(bytes.Length / 2, 64).Fill(0xFF);

        using CaptureReader reader = CaptureBytes.Open(bytes);
        Assert.InRange(ReadCapture.Count(reader, new CaptureRecord[256]), 1_000, RecordCount - 1);
        Assert.NotNull(reader.Damage);
    }

    [Fact]
    public void A_file_is_the_same_in_windows_preloaded_and_again()
    {
        using TemporaryFile file = new(".whatever");
        File.WriteAllBytes(file.Path, Large);
        foreach (bool preload in (bool[])[false, true])
        {
            using CaptureReader reader = CaptureFile.Open(file.Path, new CaptureReadOptions { Preload = preload });
            Assert.Equal(Large.Length, reader.Length);
            for (int loop = 0; loop < 3; loop++)
            {
                AssertAllThere(reader);
                Assert.Equal(Large.Length, reader.Position);
                reader.Rewind();
            }
        }
    }

    [Fact]
    public void A_file_that_shrinks_meanwhile_is_damage_with_its_place()
    {
        using TemporaryFile file = new(".pcap");
        File.WriteAllBytes(file.Path, Large);
        using CaptureReader reader = CaptureFile.Open(file.Path);
        Assert.Equal(1, reader.Read(new CaptureRecord[1]));

        using (FileStream writer = new(file.Path, FileMode.Open)) writer.SetLength(Large.Length / 2);

        Assert.InRange(ReadCapture.Count(reader, new CaptureRecord[256]), 1_000, RecordCount / 2 + 1);
        Assert.InRange(reader.Damage!.Offset, Large.Length / 2 - 300, Large.Length / 2);
        Assert.Equal(
            $"the file shrank while it was read: {Large.Length} bytes when opened, {Large.Length / 2} now",
            reader.Damage.Text);
    }

    [Fact]
    public void A_file_that_grows_meanwhile_is_read_to_its_end()
    {
        using TemporaryFile file = new(".pcap");
        File.WriteAllBytes(file.Path, Large);
        using CaptureReader reader = CaptureFile.Open(file.Path);
        using (FileStream writer = new(file.Path, FileMode.Append)) writer.Write(Large.AsSpan(24));

        Assert.Equal(2 * RecordCount, ReadCapture.Count(reader, new CaptureRecord[256]));
        Assert.Null(reader.Damage);
    }

    [Fact]
    public void A_missing_file_is_the_systems_own_error() =>
        Assert.Throws<FileNotFoundException>(() =>
            CaptureFile.Open(Path.Combine(Path.GetTempPath(), "not-there.pcap")));

    [Fact]
    public void A_folder_is_the_systems_own_error() =>
        Assert.Throws<IOException>(() => CaptureFile.Open(Path.GetTempPath()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_a_hundred_thousand_records_allocates_nothing(bool pcapng)
    {
        using TemporaryFile file = new(pcapng ? ".pcapng" : ".pcap");
        WriterTests.WriteMany(file.Path, 100_000);
        CaptureRecord[] records = new CaptureRecord[256];
        using CaptureReader reader = CaptureFile.Open(file.Path);
        ReadCapture.Count(reader, records);
        reader.Rewind();
        reader.Read(records);

        long before = GC.GetAllocatedBytesForCurrentThread();
        long count = ReadCapture.Count(reader, records);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100_000 - records.Length, count);
    }

    [Fact]
    public void Captures_are_merged_by_time_and_equal_times_keep_their_order()
    {
        static CaptureReader Capture(params (uint Time, byte Name)[] records)
        {
            CaptureBytes bytes = new CaptureBytes().PcapHeader();
            foreach ((uint time, byte name) in records) bytes.PcapRecord(time, 0, [name]);
            return bytes.Open(preload: true);
        }

        using MergedCaptureReader merged = new(
            Capture((1, 1), (3, 3), (5, 7)), Capture((2, 2), (3, 4), (3, 5), (4, 6)));
        for (int loop = 0; loop < 2; loop++)
        {
            List<KeptRecord> records = ReadCapture.All(merged, atOnce: 3);
            Assert.Equal(["01", "02", "03", "04", "05", "06", "07"], records.Select(record => record.Frame));
            Assert.Equal([0, 1, 0, 1, 1, 1, 0], records.Select(record => record.Interface));
            merged.Rewind();
        }
    }

    [Fact]
    public void Large_captures_merge_whatever_the_windows_are()
    {
        using MergedCaptureReader merged = new(
            CaptureBytes.Open(Large), CaptureBytes.Open(Large), CaptureBytes.Open(Large));
        List<KeptRecord> records = ReadCapture.All(merged, atOnce: 100);

        Assert.Equal(3 * RecordCount, records.Count);
        for (int i = 0; i < records.Count; i++)
            Assert.Equal((i / 3 * 1000, i % 3), (records[i].Timestamp, records[i].Interface));
    }

    private static void AssertAllThere(CaptureReader reader)
    {
        CaptureRecord[] records = new CaptureRecord[100];
        int expected = 0;
        for (int count; (count = reader.Read(records)) > 0;)
        {
            for (int i = 0; i < count; i++, expected++)
            {
                Assert.Equal(expected * 1000L, records[i].Timestamp);
                Assert.True(records[i].Bytes.SequenceEqual(FrameOf(expected)));
            }
        }

        Assert.Null(reader.Damage);
        Assert.Equal(RecordCount, expected);
    }

    private static byte[] FrameOf(int i)
    {
        byte[] frame = new byte[i % 200];
        new Random(i).NextBytes(frame);
        return frame;
    }

    private static byte[] MakeLarge()
    {
        CaptureBytes bytes = new CaptureBytes().PcapHeader();
        for (int i = 0; i < RecordCount; i++) bytes.PcapRecord(0, (uint)i, FrameOf(i));
        return bytes.ToArray();
    }

    private static Stream Compress(string kind, Stream target) => kind switch
    {
        "gzip" => new GZipStream(target, CompressionLevel.Fastest),
        "zstd" => new CompressionStream(target, leaveOpen: false),
        _ => LZ4Stream.Encode(target),
    };
}
