using Dataplane.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

public sealed class DissectCheckTests : IDisposable
{
    private const int Ip = 14;
    private const int OuterTtl = Ip + 8;
    private const int InnerTtl = Ip + 20 + 8 + 8 + 14 + 8;
    private const int Frame = 5;

    private readonly Captures _captures = new();
    private readonly List<FrameFault> _faults = [];

    public void Dispose() => _captures.Dispose();

    [Fact]
    public void The_kernels_own_frames_are_good()
    {
        byte[] kernel = Captures.KernelVxlan();

        DissectSummary summary = Check(kernel);

        Assert.Empty(_faults);
        Assert.Equal(Captures.Frames(kernel).Count, summary.Frames);
        Assert.Equal(summary.Frames, summary.Good);
        Assert.Equal(summary.Frames, summary.Tunnelled);
    }

    [Theory]
    [InlineData(OuterTtl, "outer ip.checksum is bad")]
    [InlineData(InnerTtl, "ip.checksum is bad")]
    public void A_bad_header_checksum_is_a_fault(int offset, string fault)
    {
        byte[] kernel = Captures.KernelVxlan();

        DissectSummary summary = Check(Captures.Flip(kernel, Frame, offset));

        Assert.Contains(new FrameFault(Frame, fault), _faults);
        Assert.Equal(summary.Frames - 1, summary.Good);
    }

    [Fact]
    public void What_Wireshark_warns_about_is_a_fault()
    {
        const int SourceMac = 6;
        byte[] kernel = Captures.KernelVxlan();

        DissectSummary summary = Check(Captures.Flip(kernel, Frame, SourceMac));

        FrameFault fault = Assert.Single(_faults);
        Assert.StartsWith("outer eth: Source MAC must not be a group address", fault.Fault, StringComparison.Ordinal);
        Assert.Equal((Frame, 1), (fault.Frame, summary.Faults));
    }

    [Fact]
    public void A_tunnel_frame_that_ends_too_early_is_a_fault()
    {
        byte[] kernel = Captures.KernelVxlan();
        const int UdpLength = Ip + 20 + 5;

        Check(Captures.Flip(kernel, Frame, UdpLength));

        Assert.Contains(
            _faults, one => one.Frame == Frame && one.Fault.StartsWith("udp.length", StringComparison.Ordinal));
    }

    [Fact]
    public void Faults_of_the_input_record_are_counted_apart()
    {
        byte[] kernel = Captures.KernelVxlan();
        byte[] input = Captures.Flip(kernel, Frame, InnerTtl);
        byte[] output = Captures.PcapngWithPacketIds(input, (Frame, Frame), (Frame, Frame + 1));

        DissectSummary summary = Check(output, options => options with { Input = _captures.Write("in.pcap", input) });

        Assert.NotEqual(0, summary.InputFaults);
        Assert.Equal(1, summary.Good);
        Assert.NotEmpty(_faults);
        Assert.All(_faults, one => Assert.Equal(2, one.Frame));
    }

    private DissectSummary Check(byte[] capture, Func<DissectOptions, DissectOptions>? change = null)
    {
        var options = new DissectOptions { Capture = _captures.Write("out.pcap", capture) };
        return DissectCheck.Run(
            change?.Invoke(options) ?? options, _ => { }, _faults.Add, TestContext.Current.CancellationToken);
    }
}
