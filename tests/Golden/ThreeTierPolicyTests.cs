using System.Globalization;
using System.Text.RegularExpressions;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The lab of <c>50-three-tier</c> as Canal: what its policies dropped is what ours drop, and nothing else.
/// </summary>
public sealed class ThreeTierPolicyTests
{
    /// <summary>
    /// postgres-0's attempts to reach the internet: the lab's README counts them as sent outside, its rules'
    /// counters as dropped (chain PE-p6).
    /// </summary>
    private const int DatabaseToInternet = 14;

    private const string Database = "shop/postgres-0";

    private static readonly Regex DropRule = new(
        """^\[(?<packets>\d+):\d+\] .*"no policy allows (?<direction>ingress|egress) for (?<pod>[^"]+)" -j DROP$""",
        RegexOptions.Compiled | RegexOptions.Multiline);

    private static readonly Lazy<Comparison> Canal = new(Compare);

    [Fact]
    public void Policies_drop_exactly_the_frames_that_the_labs_policies_dropped()
    {
        Assert.Empty(Canal.Value.OnlyTheirs);
        Assert.Equal(602, Canal.Value.Both);
        Assert.All(Canal.Value.OnlyOurs, frame => Assert.Equal((Database, ThreeTierFrame.Outside), frame));
        Assert.Equal(DatabaseToInternet, Canal.Value.OnlyOurs.Count);
    }

    [Fact]
    public void Each_pods_drops_by_direction_are_what_the_labs_rules_counted()
    {
        IEnumerable<(string Pod, string Direction, long Packets)> counted = new[] { "iptables-save-node-1.txt",
            "iptables-save-node-2.txt" }
            .SelectMany(file => DropRule.Matches(GoldenFolder.ReadText("50-three-tier/" + file)))
            .Select(rule => (rule.Groups["pod"].Value, rule.Groups["direction"].Value,
                long.Parse(rule.Groups["packets"].ValueSpan, CultureInfo.InvariantCulture)));

        Assert.Equal(
            counted.Order(), Canal.Value.ByPod.Select(drop => (drop.Key.Pod, drop.Key.Direction, drop.Value)).Order());
    }

    private static Comparison Compare()
    {
        ThreeTier lab = ThreeTier.Load();
        ClusterSnapshot snapshot = ManifestReader.Read([ThreeTier.ManifestsPath]);
        var options = new ReplayOptions { Proxy = "iptables", Settings = ["policy.enforcer=calico"] };
        using Emulation emulation = Emulation.Compile(snapshot, options, names => new LabsChoice(lab));
        ObservedRun run = ObservedRun.Of(emulation, lab.Sent);
        var comparison = new Comparison();
        foreach (FrameMapRow row in lab.Map) comparison.Judge(row, lab, run.Records[row.Sent], emulation);
        return comparison;
    }

    private sealed class Comparison
    {
        public int Both { get; private set; }

        public List<(string Pod, string? Reason)> OnlyOurs { get; } = [];

        public List<int> OnlyTheirs { get; } = [];

        public Dictionary<(string Pod, string Direction), long> ByPod { get; } = [];

        public void Judge(FrameMapRow row, ThreeTier lab, in RecordState record, Emulation emulation)
        {
            string? reason = ThreeTierFrame.WhyNotDelivered(row, lab, emulation.Model);
            bool ours = record.Verdict == Verdict.Dropped && record.Stage == Stage.Police;
            bool theirs = reason == ThreeTierFrame.ByPolicy;
            if (ours & theirs) Both++;
            else if (ours) OnlyOurs.Add((lab.Pods[row.SendingPod], reason));
            else if (theirs) OnlyTheirs.Add(row.Sent);
            if (!ours) return;

            string pod = emulation.Model.Pods[emulation.Topology.Endpoints[record.Judged].Pod].Pod.ToString();
            (string, string) key = (pod, record.Direction == PolicyDirection.Ingress ? "ingress" : "egress");
            ByPod[key] = ByPod.GetValueOrDefault(key) + 1;
        }
    }
}
