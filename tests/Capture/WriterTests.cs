using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using Dataplane.Capture;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Capture;

public class WriterTests
{
    private const long Start = 1_700_000_000_123_456_789;

    [Theory]
    [InlineData(".pcap")]
    [InlineData(".pcapng")]
    [InlineData(".pcap.gz")]
    [InlineData(".pcapng.zst")]
    [InlineData(".lz4")]
    public void What_is_written_is_read_again(string extension)
    {
        using TemporaryFile file = new(extension);
        WriteMany(file.Path, 20_000);

        using CaptureReader reader = CaptureFile.Open(file.Path);
        List<KeptRecord> records = ReadCapture.All(reader);
        Assert.Equal(20_000, records.Count);
        for (int i = 0; i < records.Count; i++)
        {
            Assert.Equal(Convert.ToHexStringLower(FrameOf(i)), records[i].Frame);
            Assert.Equal((Start + i, FrameOf(i).Length + i % 3), (records[i].Timestamp, records[i].OriginalLength));
        }

        Assert.Null(reader.Damage);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.Pcapng)]
    public void Packets_between_two_commits_leave_by_order_and_equal_ones_as_they_came(CaptureFormat format)
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = CaptureWriter.Create(stream, "test", format))
        {
            int number = writer.AddInterface("a", LinkType.Ethernet);
            uint[][] groups = [[0, 1, 1, 2], [3, 1, 2, 1, 0], [7, 5], [4]];
            byte name = 0;
            foreach (uint[] group in groups)
            {
                foreach (uint order in group) writer.Write(order, number, 1, [name++], 1, default);
                writer.Commit();
            }
        }

        using CaptureReader reader = CaptureBytes.Open(stream.ToArray());
        Assert.Equal(
            "00 01 02 03 08 05 07 06 04 0a 09 0b",
            string.Join(' ', ReadCapture.All(reader).Select(record => record.Frame)));
    }

    [Fact]
    public void A_group_may_be_larger_than_the_buffer()
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = CaptureWriter.Create(stream, "test", CaptureFormat.Pcapng))
        {
            writer.AddInterface("a", LinkType.Ethernet);
            for (uint i = 0; i < 3_000; i++) writer.Write(3_000 - i, 0, i, new byte[1_500], 1_500, default);
        }

        using CaptureReader reader = CaptureBytes.Open(stream.ToArray());
        Assert.Equal(Enumerable.Range(0, 3_000).Reverse().Select(i => (long)i),
            ReadCapture.All(reader).Select(r => r.Timestamp));
    }

    [Fact]
    public void An_interface_that_comes_late_is_described_before_its_packets()
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = CaptureWriter.Create(stream, "test", CaptureFormat.Pcapng))
        {
            int first = writer.AddInterface("node-a/eth0", LinkType.Ethernet);
            writer.Write(9, first, 1, [1], 1, default);
            int second = writer.AddInterface("node-a/tunl0", LinkType.Raw);
            writer.Write(2, second, 1, [2], 1, new PacketMetadata { Direction = CaptureDirection.Inbound });
        }

        using CaptureReader reader = CaptureBytes.Open(stream.ToArray());
        Assert.Equal(
            [("02", LinkType.Raw, CaptureDirection.Inbound), ("01", LinkType.Ethernet, CaptureDirection.Unknown)],
            ReadCapture.All(reader).Select(record => (record.Frame, record.LinkType, record.Direction)));
        Assert.Equal(["node-a/eth0", "node-a/tunl0"], reader.Interfaces.Select(described => described.Name));
    }

    [Fact]
    public void A_pcap_with_two_link_types_is_refused()
    {
        using CaptureWriter writer = CaptureWriter.Create(new MemoryStream(), "out.pcap", CaptureFormat.Pcap);
        Assert.Equal(0, writer.AddInterface("node-a/eth0", LinkType.Ethernet));
        Assert.Equal(0, writer.AddInterface("node-b/eth0", LinkType.Ethernet));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            writer.AddInterface("node-a/tunl0", LinkType.Raw));
        Assert.Equal(
            "out.pcap: classic pcap holds one link type, and node-a/tunl0 has Raw where the file has Ethernet; " +
            "write pcapng (a name that does not end in .pcap)",
            error.Message);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.Pcapng)]
    public void A_capture_without_packets_is_a_capture(CaptureFormat format)
    {
        MemoryStream stream = new();
        CaptureWriter.Create(stream, "test", format).Dispose();

        using CaptureReader reader = CaptureBytes.Open(stream.ToArray());
        Assert.Empty(ReadCapture.All(reader));
        Assert.Null(reader.Damage);
    }

    [Fact]
    public void A_full_disk_is_an_error_of_the_system()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        using CaptureWriter writer = CaptureWriter.Create("/dev/full");
        writer.AddInterface("a", LinkType.Ethernet);
        writer.Write(0, 0, 1, [1], 1, default);
        Assert.Throws<IOException>(writer.Flush);
    }

    [Fact]
    public void A_full_disk_is_seen_even_if_only_closing_meets_it()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        CaptureWriter writer = CaptureWriter.Create("/dev/full");
        Assert.Throws<IOException>(writer.Dispose);
    }

    [Fact]
    public void A_closed_pipe_is_an_error_of_the_system()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        using CaptureWriter writer = CaptureWriter.Create(pipe, "-", CaptureFormat.Pcapng);
        Assert.Throws<IOException>(writer.Flush);
    }

    [Fact]
    public void What_left_the_buffer_of_a_run_that_was_killed_is_whole_packets()
    {
        using TemporaryFile file = new(".pcapng");
        using CaptureWriter writer = CaptureWriter.Create(file.Path);
        writer.AddInterface("a", LinkType.Ethernet);
        for (int i = 0; i < 20_000; i++)
        {
            writer.Write(0, 0, i, FrameOf(i), 0, default);
            writer.Commit();
        }

        WaitUntilSettled(file.Path);
        using CaptureReader reader = CaptureFile.Open(file.Path);
        Assert.InRange(ReadCapture.Count(reader, new CaptureRecord[256]), 1_000, 19_999);
        Assert.Null(reader.Damage);
    }

    [Fact]
    public void A_disk_that_is_full_while_the_next_buffer_fills_is_an_error_and_nothing_more_is_written()
    {
        FillingDisk disk = new(room: 600_000);
        CaptureWriter writer = CaptureWriter.Create(disk, "out.pcap", CaptureFormat.Pcap);
        writer.AddInterface("a", LinkType.Ethernet);
        byte[] frame = new byte[1000];
        IOException error = Assert.Throws<IOException>(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                writer.Write(0, 0, i, frame, frame.Length, default);
                writer.Commit();
            }
        });
        Assert.Equal("No space left on device", error.Message);

        int refused = disk.Refused;
        writer.Dispose();
        Assert.Equal((1, refused, true), (refused, disk.Refused, disk.IsClosed));
    }

    [Fact]
    public void What_a_compressor_throws_behind_is_thrown_to_the_writers_caller()
    {
        using CaptureWriter writer = CaptureWriter.Create(new BrokenCompressor(), "out.pcap.zst", CaptureFormat.Pcap);
        writer.AddInterface("a", LinkType.Ethernet);
        byte[] frame = new byte[1000];
        NotSupportedException error = Assert.Throws<NotSupportedException>(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                writer.Write(0, 0, i, frame, frame.Length, default);
                writer.Commit();
            }
        });
        Assert.Equal("no such level", error.Message);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap, false)]
    [InlineData(CaptureFormat.Pcap, true)]
    [InlineData(CaptureFormat.Pcapng, false)]
    [InlineData(CaptureFormat.Pcapng, true)]
    public void Writing_a_hundred_thousand_packets_allocates_nothing(CaptureFormat format, bool outOfOrder)
    {
        using CaptureWriter writer = CaptureWriter.Create(Stream.Null, "null", format);
        writer.AddInterface("a", LinkType.Ethernet);
        byte[] frame = new byte[110];
        byte[] comment = "verdict=dropped reason=no-route"u8.ToArray();

        void Write(int count)
        {
            for (uint i = 0; i < count; i++)
            {
                PacketMetadata metadata = new() { PacketId = i, Comment = comment, Verdict = PacketVerdict.Drop };
                writer.Write(outOfOrder ? i ^ 1 : i, 0, i, frame, 110, in metadata);
                if (i % 256 == 255) writer.Commit();
            }
        }

        Write(20_000);

        // What is allocated once in a process is not the packets': those would allocate in every round.
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Write(100_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Tshark_reads_comments_ids_verdicts_names_and_directions()
    {
        using TemporaryFile file = new(".pcapng");
        using (CaptureWriter writer = CaptureWriter.Create(file.Path))
        {
            writer.AddNames(
                [(IpAddress.Parse("10.244.1.5"), "shop/web-1"), (IpAddress.Parse("fd00::5"), "shop/web-1")]);
            writer.AddInterface("node-a/eth0", LinkType.Ethernet, mac: MacAddress.Parse("02:00:00:00:00:01"));
            writer.AddInterface("pod:shop/web-1", LinkType.Raw);
            byte[] datagram = Convert.FromHexString("4500001c000000004011645d0af401050a600001" + "9c40003500080000");
            writer.Write(0, 1, Start, datagram, 28, new PacketMetadata
            {
                PacketId = 7,
                Comment = "verdict=dropped"u8,
                SecondComment = "no route to ‘there’"u8,
                Direction = CaptureDirection.Outbound,
                Verdict = PacketVerdict.Drop,
            });
            writer.Write(1, 0, Start + 1, new byte[15], 60, default);
        }

        string[] lines = Tshark(
            "-n", "-r", file.Path, "-T", "fields", "-E", "separator=|", "-E", "aggregator=;", "-e", "frame.time_epoch",
            "-e", "frame.comment", "-e", "frame.packet_id", "-e", "frame.verdict.ebpf_xdp", "-e",
            "frame.interface_name", "-e", "frame.cap_len", "-e", "frame.len", "-e", "frame.packet_flags_direction");
        Assert.Equal(
            [
                "1700000000.123456789|verdict=dropped;no route to ‘there’|7|1|pod:shop/web-1|28|28|2",
                "1700000000.123456790||||node-a/eth0|15|60|",
            ],
            lines.Select(line => line.Replace("0x00000002", "2", StringComparison.Ordinal)));
        Assert.Equal(
            ["shop/web-1"], Tshark("-N", "n", "-r", file.Path, "-T", "fields", "-e", "ip.src_host", "-Y", "ip"));
    }

    [Fact]
    public void Tshark_reads_a_classic_pcap_to_the_nanosecond()
    {
        using TemporaryFile file = new(".pcap");
        WriteMany(file.Path, 3);
        Assert.Equal(
            ["1700000000.123456789\t0\t0", "1700000000.123456790\t1\t2", "1700000000.123456791\t2\t4"],
            Tshark(
                "-r", file.Path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len"));
    }

    /// <summary>Writes packets of lengths 0 to 199 in groups of 50.</summary>
    internal static void WriteMany(string path, int count)
    {
        using CaptureWriter writer = CaptureWriter.Create(path);
        int number = writer.AddInterface("node-a/eth0", LinkType.Ethernet);
        for (int i = 0; i < count; i++)
        {
            PacketMetadata metadata = new() { PacketId = (ulong)(i % 5), Direction = (CaptureDirection)(i % 3) };
            writer.Write((uint)i, number, Start + i, FrameOf(i), i % 200 + i % 3, in metadata);
            if (i % 50 == 49) writer.Commit();
        }
    }

    // The last buffer may still be on its way to the file.
    private static void WaitUntilSettled(string path)
    {
        long before;
        do
        {
            before = new FileInfo(path).Length;
            Thread.Sleep(100);
        }
        while (before != new FileInfo(path).Length);
    }

    private sealed class BrokenCompressor : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException("no such level");
    }

    private sealed class FillingDisk(long room) : MemoryStream
    {
        public int Refused { get; private set; }

        public bool IsClosed { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room)
            {
                Refused++;
                throw new IOException("No space left on device");
            }

            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }

    private static byte[] FrameOf(int i)
    {
        byte[] frame = new byte[i % 200];
        new Random(i).NextBytes(frame);
        return frame;
    }

    private static string[] Tshark(params string[] arguments)
    {
        ProcessStartInfo start = new("tshark", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors.Result);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("tshark is not installed");
            return [];
        }
    }
}
