using System.Text;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Tests.Capture;
using Xunit;

namespace Dataplane.Tests.Fuzzing;

/// <summary>The smallest input for each crash that fuzzing found, with what is said of it now.</summary>
public class FoundInputTests
{
    /// <summary>Control characters of an input must not reach a terminal, nor break the one line.</summary>
    [Theory]
    [InlineData("{\"a\":\u0001\u001b[2J}", "f:1: not JSON: ")]
    [InlineData("{\"kind\":\"a\u007f\"}", "f:1: kind is \"a \", with a control character")]
    [InlineData("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\\n\"}}",
        "f:1: metadata.name is \"a \", with a control character")]
    [InlineData("a: *\u001b[2J\n", "f:1: ")]
    public void A_manifest_s_control_characters_are_not_repeated_in_messages(string text, string start) =>
        AssertOneLine(start, Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(text, "f")));

    [Fact]
    public void A_rule_s_control_characters_are_not_repeated_in_messages() =>
        AssertOneLine("f:3: ", Assert.Throws<InvalidDataException>(() => IptablesRuleset.Parse(
            "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j A\u001b[2J -j B\nCOMMIT\n", "f")));

    [Fact]
    public void An_ipvsadm_line_s_control_characters_are_not_repeated_in_messages() =>
        AssertOneLine("f:1: ",
            Assert.Throws<InvalidDataException>(() => IpvsRules.Parse("-A -t 10.0.0.1:80 -s \u001b[2J\n", "f")));

    [Fact]
    public void A_message_does_not_repeat_a_value_of_a_megabyte()
    {
        string text = $"{{\"a\":t{new string('x', 1 << 20)}}}";
        Assert.InRange(
            Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(text, "f")).Message.Length, 10, 300);
    }

    /// <summary>Twelve chains that each jump to the next a hundred times: 10^24 rules for one packet.</summary>
    [Fact]
    public void Jumps_that_multiply_are_refused_before_a_packet_walks_them()
    {
        StringBuilder dump = new("*filter\n:INPUT ACCEPT [0:0]\n");
        for (int chain = 0; chain <= 12; chain++) dump.Append(":C").Append(chain).Append(" - [0:0]\n");
        for (int chain = 0; chain < 12; chain++)
        {
            for (int jump = 0; jump < 100; jump++)
                dump.Append("-A C").Append(chain).Append(" -j C").Append(chain + 1).Append('\n');
        }

        dump.Append("-A INPUT -j C0\nCOMMIT\n");
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => NetfilterRules.Compile(IptablesRuleset.Parse(dump.ToString(), "f"), 4, new InterfaceNames()));
        Assert.Matches(
            @"^f:\d+: chain C\d+: its jumps lead one packet through more than 100000000 rules: ", error.Message);
    }

    /// <summary>
    /// YamlDotNet gives one scalar for the two of <c>: value</c>; keys and values changed places,
    /// and the end was never found.
    /// </summary>
    [Theory]
    [InlineData("kind: Service\nspec:\n  ports:\n  - : p80\n    port: 80\n",
        "f:4: a key is missing in front of a colon")]
    [InlineData(": a\nb: c\n", "f:1: a key is missing in front of a colon")]
    [InlineData("a: {: b, c: d}\n", "f:1: a key is missing in front of a colon")]
    public void A_missing_key_is_refused(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(text, "f")).Message);

    /// <summary>
    /// In 2.3 a record's lengths may have changed places: 0xF40A4D4A there wrapped round, and the record never came.
    /// </summary>
    [Theory]
    [InlineData(0xF40A_4D4Au)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void A_record_of_an_old_capture_with_a_length_beyond_any_frame_is_read_once(uint length)
    {
        byte[] capture = new CaptureBytes().PcapHeader(minor: 3)
            .PcapRecord(1, 0, [1, 2], captured: length, original: 2).ToArray();
        using CaptureReader reader = CaptureFile.Open(new MemoryStream(capture), "f");

        KeptRecord record = Assert.Single(ReadCapture.All(reader));

        Assert.Equal(("0102", int.MaxValue), (record.Frame, record.OriginalLength));
    }

    private static void AssertOneLine(string start, InvalidDataException error)
    {
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
    }
}
