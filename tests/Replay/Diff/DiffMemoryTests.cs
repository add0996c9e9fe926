using Dataplane.Replay.Diff;
using Dataplane.Tests.Packets;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

/// <summary>Ten times the frames, the same memory. Nothing else runs beside it.</summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class DiffMemoryTests : IDisposable
{
    private const string Alone = "memory of comparisons";
    private const int Few = 4_000;
    private const int Many = 40_000;
    private const long Tolerance = 2 << 20;

    private readonly Captures _captures = new();

    public void Dispose() => _captures.Dispose();

    [Theory]
    [InlineData(FrameMatch.Order)]
    [InlineData(FrameMatch.Inner)]
    public void Frames_that_come_in_step_cost_no_memory(FrameMatch by)
    {
        long few = Peak(Few, Few, by);
        long many = Peak(Many, Many, by);

        Assert.True(many - few < Tolerance, $"{few} bytes with {Few} frames, {many} with {Many}");
    }

    [Fact]
    public void Frames_that_find_no_partner_wait_on_disk()
    {
        // Key, queue and place of a waiting frame; its dissection takes a hundred times that.
        const long MostPerFrame = 400;

        long few = Peak(Few, 1, FrameMatch.Inner);
        long many = Peak(Many, 1, FrameMatch.Inner);

        Assert.True(
            many - few < Tolerance + (Many - Few) * MostPerFrame, $"{few} bytes with {Few} frames, {many} with {Many}");
    }

    private long Peak(int oursCount, int referenceCount, FrameMatch by)
    {
        string ours = _captures.Write("ours.pcap", Frames(oursCount));
        string reference = _captures.Write("reference.pcap", Frames(referenceCount));
        var watch = new MemoryWatch(GC.GetTotalMemory(forceFullCollection: true));
        var options = new DiffOptions
        {
            Ours = ours,
            Reference = reference,
            By = by,
            Native = true,
            MostWaitingInMemory = 256,
        };
        CaptureDiff.Run(options, _ => { }, watch, TestContext.Current.CancellationToken);
        return watch.Peak;
    }

    /// <summary>A pcap of UDP packets, each with its own id.</summary>
    private static byte[] Frames(int count)
    {
        byte[] frame = Packet.Eth().Ipv4("10.244.1.10", "10.244.2.20").Udp(40000, 80).Payload(64).Build();
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.WriteWords([unchecked((int)0xa1b2c3d4), 0x0004_0002, 0, 0, 65535, 1]);
        for (int i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(frame.AsSpan(frame.Length - 4), i);
            writer.WriteWords([i, 0, frame.Length, frame.Length]);
            writer.Write(frame);
        }

        return bytes.ToArray();
    }

    /// <summary>Collects and measures ten times on the way.</summary>
    private sealed class MemoryWatch(long before) : IDiffWatch
    {
        private long _next = 800;

        public long Peak { get; private set; }

        public void Different(DissectedFrame ours, DissectedFrame reference, IReadOnlyList<FieldDifference> differences)
        {
        }

        public void OnlyOurs(DissectedFrame frame)
        {
        }

        public void OnlyReference(DissectedFrame frame)
        {
        }

        public void Read(long frames)
        {
            if (frames < _next) return;

            _next += frames / 4;
            Peak = Math.Max(Peak, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
    }
}
