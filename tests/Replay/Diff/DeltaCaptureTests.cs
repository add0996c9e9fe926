using Dataplane.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

/// <summary>What differs, as a capture that tshark reads.</summary>
public sealed class DeltaCaptureTests : IDisposable
{
    private const int OuterTtl = 14 + 8;

    private readonly Captures _captures = new();

    public void Dispose() => _captures.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Different_frames_stand_beside_each_other_and_lonely_ones_alone_with_comments(bool native)
    {
        byte[] kernel = Captures.KernelVxlan();
        byte[] changed = Captures.Without(Captures.Flip(kernel, 5, OuterTtl), 2);

        List<DissectedFrame> delta = Delta(changed, kernel, native);

        Assert.Equal(
            ["ours 1", "reference 1", "reference 2"],
            delta.Select(frame => $"{frame.Find("frame.interface_name")} {PacketId(frame)}"));
        Assert.Equal(["65", "64", "64"], delta.Select(frame => frame.Find("ip.ttl")));
        Assert.StartsWith(
            "frame 4, reference frame 5 differs: outer ip.ttl: 65 | 64", Comment(delta[0]), StringComparison.Ordinal);
        Assert.Equal("frame 2 is in the reference only", Comment(delta[2]));
        Assert.Equal(Time(kernel, 5), delta[1].Find("frame.time_epoch"));
    }

    private List<DissectedFrame> Delta(byte[] ours, byte[] reference, bool native)
    {
        string path = _captures.Write("delta.pcapng", []);
        var options = new DiffOptions
        {
            Ours = _captures.Write("ours.pcap", ours),
            Reference = _captures.Write("reference.pcap", reference),
            By = FrameMatch.Inner,
            Native = native,
            KeepRecords = true,
        };
        using (var delta = new DeltaCapture(path, new SeenDifferences()))
            CaptureDiff.Run(options, _ => { }, delta, TestContext.Current.CancellationToken);

        using var reader = new PdmlReader(path, TunnelPort.ForDecodeAs([]), _ => { });
        List<DissectedFrame> frames = [];
        while (reader.Read() is { } frame) frames.Add(frame);
        return frames;
    }

    private static string? Comment(DissectedFrame frame) => frame.Find("frame.comment");

    private static int PacketId(DissectedFrame frame) =>
        Convert.ToInt32(frame.Find("frame.packet_id"),
            frame.Find("frame.packet_id")!.StartsWith("0x", StringComparison.Ordinal) ? 16 : 10);

    private static string Time(byte[] pcap, int frame)
    {
        int at = Captures.Frames(pcap)[frame - 1].Start - 16;
        return $"{BitConverter.ToInt32(pcap, at)}.{BitConverter.ToInt32(pcap, at + 4):D9}";
    }
}
