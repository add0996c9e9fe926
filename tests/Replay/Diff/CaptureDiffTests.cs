using Dataplane.Replay.Diff;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

public sealed class CaptureDiffTests : IDisposable
{
    private const int EthernetSize = 14;
    private const int OuterTtl = EthernetSize + 8;
    private const int OuterSourcePort = EthernetSize + 20;
    private const int OuterId = EthernetSize + 4;
    private const int OuterChecksum = EthernetSize + 10;
    private const int MiddleOfVni = EthernetSize + 20 + 8 + 5;
    private const int Inner = EthernetSize + 20 + 8 + 8 + EthernetSize;
    private const int InnerTtl = Inner + 8;

    private readonly Captures _captures = new();
    private readonly SeenDifferences _seen = new();
    private readonly List<string> _commands = [];

    private List<FieldDifference> Found => _seen.Fields;

    public void Dispose() => _captures.Dispose();

    [Fact]
    public void A_capture_equals_itself_and_the_command_is_shown()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(kernel, kernel);

        Assert.True(summary.Same);
        Assert.Equal(Captures.Frames(kernel).Count, summary.Compared);
        Assert.Equal(summary.Compared, summary.Equal);
        Assert.Empty(Found);
        Assert.Equal(2, _commands.Count);
        Assert.Contains("-d udp.port==8472,vxlan -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE",
            _commands[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FrameMatch.Order)]
    [InlineData(FrameMatch.Inner)]
    public void Both_ends_of_a_wire_saw_the_same_frames(FrameMatch by)
    {
        byte[] sent = Captures.KernelVxlan("live-n1-eth0.pcap.gz");
        byte[] received = Captures.KernelVxlan("live-n2-eth0.pcap.gz");

        DiffSummary summary = Compare(sent, received, options => options with { By = by });

        Assert.True(summary.Same, string.Join('\n', Found));
        Assert.NotEqual(0, Assert.Single(summary.Ignored, one => one.Field == "frame.time*").Frames);
    }

    [Theory]
    [InlineData(OuterTtl, "outer ip.ttl", "65", "64", false)]
    [InlineData(InnerTtl, "ip.ttl", "62", "63", false)]
    [InlineData(MiddleOfVni, "vxlan.vni", "257", "1", false)]
    [InlineData(OuterTtl, "outer ip.ttl", "65", "64", true)]
    [InlineData(InnerTtl, "ip.ttl", "62", "63", true)]
    [InlineData(MiddleOfVni, "vxlan.vni", "257", "1", true)]
    public void One_changed_byte_names_its_field_and_both_values(
        int offset, string field, string ours, string reference, bool native)
    {
        byte[] kernel = Captures.KernelVxlan();
        const int Frame = 5;

        DiffSummary summary = Compare(
            Captures.Flip(kernel, Frame, offset), kernel, options => options with { Native = native });

        Assert.False(summary.Same);
        Assert.Equal(summary.Compared - 1, summary.Equal);
        Assert.Equal(1, Assert.Single(summary.Fields, one => one.Field == field).Frames);
        FieldDifference difference = Assert.Single(Found, one => one.Field == field);
        Assert.Equal((Frame, ours, reference), (difference.Frame, difference.Ours, difference.Reference));
    }

    [Theory]
    [InlineData(OuterSourcePort, "outer udp.srcport")]
    [InlineData(OuterId, "outer ip.id")]
    [InlineData(OuterChecksum, "outer ip.checksum")]
    public void What_is_expected_to_differ_is_left_out_by_name_and_listed(int offset, string field)
    {
        byte[] kernel = Captures.KernelVxlan();
        const int Frame = 5;

        DiffSummary summary = Compare(Captures.Flip(kernel, Frame, offset), kernel);

        Assert.DoesNotContain(Found, one => one.Field == field);
        Assert.Equal(1, Assert.Single(summary.Ignored, one => one.Field == field).Frames);
    }

    [Fact]
    public void Only_compares_the_named_fields_even_those_expected_to_differ()
    {
        byte[] kernel = Captures.KernelVxlan();
        byte[] changed = Captures.Flip(Captures.Flip(kernel, 5, OuterId + 1), 5, OuterTtl);

        Compare(changed, kernel, options => options with { Only = ["outer ip.id"] });

        Assert.Equal("outer ip.id", Assert.Single(Found).Field);
    }

    [Fact]
    public void Ignored_fields_do_not_count()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(
            Captures.Flip(kernel, 5, InnerTtl),
            kernel,
            options => options with { Ignore = ["ip.ttl", "ip.checksum*", "udp.checksum*", "udp.payload"] });

        Assert.True(summary.Same, string.Join('\n', Found));
    }

    [Fact]
    public void By_order_a_lost_frame_shifts_all_that_follow()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(Captures.Without(kernel, 2), kernel);

        Assert.True(summary.Equal < summary.Compared);
        Assert.Equal(summary.Compared + 1, Assert.Single(summary.OnlyReference));
    }

    [Fact]
    public void By_inner_packet_a_lost_frame_is_the_only_difference()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(
            Captures.Without(kernel, 2), kernel, options => options with { By = FrameMatch.Inner });

        Assert.Equal(2, Assert.Single(summary.OnlyReference));
        Assert.Empty(summary.OnlyOurs);
        Assert.Empty(Found);
    }

    [Fact]
    public void A_field_is_counted_once_for_each_frame_that_it_differs_in()
    {
        byte[] kernel = Captures.KernelVxlan();
        byte[] changed = Captures.Flip(Captures.Flip(Captures.Flip(kernel, 3, OuterTtl), 5, OuterTtl), 5, InnerTtl);

        DiffSummary summary = Compare(changed, kernel, options => options with { Only = ["*ip.ttl"] });

        Assert.Equal([new FieldCount("outer ip.ttl", 2), new FieldCount("ip.ttl", 1)], summary.Fields);
    }

    [Theory]
    [InlineData("tcp.options.*", "tcp.options", true)]
    [InlineData("tcp.options.*", "tcp.options.mss_val", true)]
    [InlineData("tcp.options.*", "tcp.options_len", false)]
    [InlineData("ip.ttl", "outer ip.ttl", true)]
    [InlineData("outer ip.ttl", "ip.ttl", false)]
    [InlineData("*.checksum*", "udp.checksum.status", true)]
    public void Patterns_take_a_field_and_what_stands_below_it(string pattern, string field, bool ignored) =>
        Assert.Equal(ignored ? pattern : null, new FieldFilter([pattern], []).IgnoredBy(field));

    [Fact]
    public void A_pattern_that_no_field_has_is_named_with_the_nearest_field()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(
            kernel, kernel, options => options with { Ignore = ["ip.tll", "ip.id"], Native = true });

        Assert.Equal(
            "--ignore ip.tll: no frame has such a field: did you mean ip.ttl?", Assert.Single(summary.UnknownFields));
    }

    [Fact]
    public void To_compare_only_what_is_not_there_is_no_equality()
    {
        byte[] kernel = Captures.KernelVxlan();

        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => Compare(kernel, kernel, options => options with { Only = ["vxlan.vin"], Native = true }));

        Assert.Contains("did you mean vxlan.vni?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_inner_packet_a_reversed_capture_equals_itself_though_few_frames_are_held_in_memory()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(Captures.Reversed(kernel), kernel, options => options with
        {
            By = FrameMatch.Inner,
            Native = true,
            MostWaitingInMemory = 3,
        });

        Assert.Equal(Captures.Frames(kernel).Count, summary.Compared);
        Assert.True(summary.Same, string.Join('\n', Found.Take(5)));
    }

    [Fact]
    public void A_text_file_is_no_capture()
    {
        byte[] kernel = Captures.KernelVxlan();

        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            Compare("not a capture"u8.ToArray(), kernel));

        Assert.Contains("ours.pcap", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_capture_cut_in_mid_record_is_compared_up_to_there_and_named()
    {
        byte[] kernel = Captures.KernelVxlan();

        DiffSummary summary = Compare(kernel[..^5], kernel);

        Assert.Equal(Captures.Frames(kernel).Count - 1, summary.Equal);
        Assert.Contains("cut short", Assert.Single(summary.Damage), StringComparison.Ordinal);
    }

    private DiffSummary Compare(byte[] ours, byte[] reference, Func<DiffOptions, DiffOptions>? change = null)
    {
        var options = new DiffOptions
        {
            Ours = _captures.Write("ours.pcap", ours),
            Reference = _captures.Write("reference.pcap", reference),
        };
        return CaptureDiff.Run(
            change?.Invoke(options) ?? options, _commands.Add, _seen, TestContext.Current.CancellationToken);
    }
}
