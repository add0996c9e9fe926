using System.Text.RegularExpressions;
using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Architecture;

/// <summary>The table of stages in <c>src/README.md</c> is the pipeline's.</summary>
public class StageTableTests
{
    private static readonly Regex Row = new(@"^\| `(?<stage>[A-Z]\w+)` \|([^|]*\|){2}(?<reasons>[^|]*)\|[^|]*\|$",
        RegexOptions.Compiled | RegexOptions.Multiline);
    private static readonly Regex Call = new(@"\b(?<stage>\w+)Stage\.Run\(", RegexOptions.Compiled);
    private static readonly Regex Reason = new("`(?<reason>[a-z-]+)`", RegexOptions.Compiled);

    private static readonly Regex Translation = new(
        @"^\| `(?<reason>[a-z-]+)` \|[^|]+\|[^|]+\| \d{3} [^|]+\|$", RegexOptions.Compiled | RegexOptions.Multiline);

    private static readonly string Document = SourceTree.Read("src/README.md");

    [Fact]
    public void Stages_stand_in_the_order_in_which_the_pipeline_runs_them()
    {
        IEnumerable<string> run = Call.Matches(SourceTree.Read("src/Dataplane.Pipeline/PacketPipeline.cs"))
            .Select(call => call.Groups["stage"].Value);

        Assert.Equal(run, Row.Matches(Document).Select(row => row.Groups["stage"].Value));
    }

    [Fact]
    public void Every_drop_reason_stands_at_a_stage_and_no_other_does()
    {
        IEnumerable<string> named = Row.Matches(Document)
            .SelectMany(row =>
                Reason.Matches(row.Groups["reasons"].Value).Select(reason => reason.Groups["reason"].Value))
            .Distinct();
        IEnumerable<string> known = Enum.GetValues<DropReason>()
            .Where(reason => reason != DropReason.None).Select(DropReasonText.Name);

        Assert.Equal(known.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_drop_reason_has_its_names_elsewhere_in_their_order()
    {
        IEnumerable<string> known = Enum.GetValues<DropReason>()
            .Where(reason => reason != DropReason.None).Select(DropReasonText.Name);

        Assert.Equal(known, Translation.Matches(Document).Select(row => row.Groups["reason"].Value));
    }
}
