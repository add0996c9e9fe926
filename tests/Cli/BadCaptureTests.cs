using System.Buffers.Binary;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// Captures that are none, lie or end too early: one line that names the place, and nothing good is lost.
/// </summary>
public sealed class BadCaptureTests : IDisposable
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;
    private const int CapturedLength = 8;
    private const int GoodRecords = 100;
    private const int AllRecords = 413;

    private readonly Shell _shell = new();
    private readonly byte[] _capture = GoldenFolder.ReadStored(
        Path.Combine(GoldenFolder.RepositoryRoot, "pcaps/two-nodes/pod.pcap.gz"));

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("", "empty: a capture starts with a header")]
    [InlineData("some text, not a capture\n", "not a capture (its first bytes are 736f6d65)")]
    [InlineData("\u00d4\u00c3\u00b2\u00a1\u0002\0", "cut off in the file header: 24 bytes promised, 6 there")]
    public void What_is_no_capture_is_exit_code_2_and_one_line(string content, string expected)
    {
        string path = _shell.Write("in.pcap", System.Text.Encoding.Latin1.GetBytes(content));

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $T/in.pcap");

        Assert.StartsWith(
            $"dataplane: {path}: {expected}", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
    }

    [Fact]
    public void A_wrong_magic_is_shown_as_it_is()
    {
        byte[] changed = [.. _capture];
        BinaryPrimitives.WriteUInt32BigEndian(changed, 0xdeadbeef);
        _shell.Write("in.pcap", changed);

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $T/in.pcap");

        Assert.Contains("not a capture (its first bytes are deadbeef)",
            Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public void A_record_that_claims_too_much_ends_the_capture_there()
    {
        int place = Record(GoodRecords);
        byte[] changed = [.. _capture];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(place + CapturedLength), 0x7fffffff);

        IsDamagedAt(place, "a record of 2147483647 bytes", changed);
    }

    [Theory]
    [InlineData(7, "cut off in a record header: 16 bytes promised, 7 there")]
    [InlineData(RecordHeader + 14, "cut off in mid-record: 1464 bytes promised, 14 there")]
    public void A_capture_that_was_cut_off_gives_all_whole_records(int rest, string expected)
    {
        int place = Record(GoodRecords);

        IsDamagedAt(place, expected, _capture[..(place + rest)]);
    }

    [Fact]
    public void A_record_of_no_bytes_is_a_record()
    {
        int place = Record(GoodRecords);
        _shell.Write("in.pcap", [.. _capture[..place], .. new byte[RecordHeader], .. _capture[place..]]);

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $T/in.pcap");

        Assert.Equal((0, AllRecords + 1), (outcome.ExitCode, outcome.Packets));
        Assert.Empty(outcome.Complaints);
    }

    [Fact]
    public void A_captured_length_over_the_original_one_is_mended_and_said()
    {
        int place = Record(GoodRecords);
        byte[] changed = [.. _capture];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(place + CapturedLength + 4), 10);
        string path = _shell.Write("in.pcap", changed);

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $T/in.pcap");

        Assert.Equal((0, AllRecords), (outcome.ExitCode, outcome.Packets));
        Assert.Contains(outcome.ErrorLines, line => line.StartsWith(
            $"dataplane: note: {path}: offset {place}: captured length 1464 is over the original length 10",
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0xfffffff0, "a block of 4294967280 bytes")]
    [InlineData(8, "a block of type 6 claims a length of 8 bytes")]
    [InlineData(33, "a block of type 6 claims a length of 33 bytes")]
    [InlineData(112, "a block's length is 112 bytes at its start")]
    public void A_pcapng_block_that_lies_about_its_length_ends_the_capture_there(uint length, string expected)
    {
        byte[] pcapng = Pcapng(out int place);
        BinaryPrimitives.WriteUInt32LittleEndian(pcapng.AsSpan(place + 4), length);

        IsDamagedAt(place, expected, pcapng);
    }

    [Fact]
    public void A_pcapng_packet_that_does_not_fit_its_block_ends_the_capture_there()
    {
        byte[] pcapng = Pcapng(out int place);
        BinaryPrimitives.WriteUInt32LittleEndian(pcapng.AsSpan(place + 20), 0x7000);

        IsDamagedAt(place, "a packet of 28672 bytes in a block of ", pcapng);
    }

    [Fact]
    public void The_damaged_one_of_several_captures_is_named()
    {
        int place = Record(GoodRecords);
        string path = _shell.Write("cut.pcap", _capture.AsSpan(0, place + 20));

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $P -r $T/cut.pcap");

        Assert.StartsWith(
            $"warning: {path}: offset {place}: cut off", Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal((3, AllRecords + GoodRecords), (outcome.ExitCode, outcome.Packets));
    }

    [Theory]
    [InlineData("$T/none.pcap", "/none.pcap: no such file")]
    [InlineData("$T", ": a folder, where a capture must be")]
    public void A_path_that_cannot_be_read_is_named(string path, string expected)
    {
        string[] scripts =
            [$"dataplane replay -f $F -r {path}", $"dataplane inspect -r {path}", $"dataplane diff {path} --dissect"];
        Assert.All(scripts, script =>
        {
            Shell.Outcome outcome = _shell.Run(script);

            Assert.Equal($"dataplane: {_shell.Folder}{expected}", Assert.Single(outcome.ErrorLines));
            Assert.Equal(2, outcome.ExitCode);
        });
    }

    private void IsDamagedAt(int place, string expected, byte[] content)
    {
        string path = _shell.Write("in.pcap", content);

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $F -r $T/in.pcap");

        Assert.StartsWith($"warning: {path}: offset {place}: {expected}",
            Assert.Single(outcome.Complaints), StringComparison.Ordinal);
        Assert.Equal((3, GoodRecords), (outcome.ExitCode, outcome.Packets));
    }

    private int Record(int index)
    {
        int place = FileHeader;
        for (int record = 0; record < index; record++)
            place += RecordHeader + BinaryPrimitives.ReadInt32LittleEndian(_capture.AsSpan(place + CapturedLength));
        return place;
    }

    /// <summary>The same capture as pcapng; the place of the block behind the good records.</summary>
    private byte[] Pcapng(out int place)
    {
        var blocks = new MemoryStream();
        using var writer = new BinaryWriter(blocks);
        uint[] header = [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, uint.MaxValue, uint.MaxValue, 28, 1, 20, 1, 0, 20];
        foreach (uint word in header) writer.Write(word);
        place = 0;
        for (int record = 0; record < AllRecords; record++)
        {
            if (record == GoodRecords) place = (int)blocks.Length;
            ReadOnlySpan<byte> from = _capture.AsSpan(Record(record));
            ReadOnlySpan<byte> frame = from.Slice(
                RecordHeader, BinaryPrimitives.ReadInt32LittleEndian(from[CapturedLength..]));
            int padded = (frame.Length + 3) & ~3;
            uint[] fields = [6, (uint)padded + 32, 0, 0, (uint)record, (uint)frame.Length, (uint)frame.Length];
            foreach (uint word in fields) writer.Write(word);
            writer.Write(frame);
            writer.Write(new byte[padded - frame.Length]);
            writer.Write((uint)padded + 32);
        }

        return blocks.ToArray();
    }
}
