using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Replay.Policies.Lint;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Replay;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// The lab of <c>pcaps/zero-trust</c>: a kernel with the same policies as iptables rules delivered
/// <c>delivered.pcap</c> and nothing else; so does the emulation, frame by frame.
/// </summary>
public class ZeroTrustTests
{
    private const string Lab = "pcaps/zero-trust/";

    private static readonly string[] Canal = ["policy.enforcer=calico", "pod.attach=routed"];

    public static TheoryData<string, int> Attacks => new()
    {
        { "unknown-to-database", 8 },
        { "frontend-to-database", 8 },
        { "database-to-internet", 5 },
    };

    [Theory, MemberData(nameof(Attacks))]
    public void Every_packet_of_an_attack_is_dropped_by_policy_and_DNS_gets_through(string attack, int dropped)
    {
        ObservedRun run = Replay(attack, Canal);

        Assert.Equal(dropped, run.Records.Count(record =>
            (record.Verdict, record.Drop, record.Stage) == (Verdict.Dropped, DropReason.PolicyDenied, Stage.Police)));
        Assert.Equal(run.Records.Count - dropped, run.Records.Count(record => record.Verdict == Verdict.Forwarded));
    }

    [Fact]
    public void What_the_shop_needs_gets_through_whole() =>
        Assert.All(Replay("request", Canal).Records, record => Assert.Equal(Verdict.Forwarded, record.Verdict));

    [Fact]
    public void What_arrives_is_what_the_kernel_delivered()
    {
        string[] captures = ["request", "unknown-to-database", "frontend-to-database", "database-to-internet"];
        IEnumerable<string> arrived = captures
            .SelectMany(capture => Replay(capture, Canal).Frames
                .Where(frame => frame.Point == ObservationPoint.Pod).OrderBy(frame => frame.Record))
            .Select(frame => Convert.ToHexString(frame.Bytes));

        Assert.Equal(Frames("delivered").Select(frame => Convert.ToHexString(frame.Bytes)), arrived);
    }

    [Theory, MemberData(nameof(Attacks))]
    public void Flannel_alone_lets_the_attacks_through(string attack, int dropped)
    {
        ObservedRun run = Replay(attack, "pod.attach=routed");

        Assert.True(dropped > 0);
        Assert.All(run.Records, record => Assert.Equal(Verdict.Forwarded, record.Verdict));
    }

    [Fact]
    public void Reach_finds_everything_as_expected_and_five_leaks_without_an_enforcer()
    {
        Assert.True(Reach("policy.enforcer=calico").IsAsExpected);
        Assert.Equal(
            ["deny red-team/attacker -> svc/shop/database 5432/tcp",
                "deny shop/app=frontend -> svc/shop/database 5432/tcp",
                "deny shop/app=database -> 198.51.100.23 443/tcp", "deny shop/app=database -> shop/*",
                "deny red-team/* -> shop/*"],
            Reach("policy.enforcer=none").Expectations.Where(result => !result.Holds)
                .Select(result => result.Expectation.Text));
    }

    [Fact]
    public void Lint_has_nothing_to_say_but_that_Flannel_enforces_nothing()
    {
        ClusterSnapshot snapshot = Snapshot();

        Assert.Empty(PolicyLint.Run(snapshot, null, EmulationSettings.Parse(["policy.enforcer=calico"])).Findings);
        Assert.Equal("ignored-by-cni",
            Assert.Single(PolicyLint.Run(snapshot, null, EmulationSettings.Default).Findings).Rule.Id);
    }

    private static ReachReport Reach(string setting) => ReachRunner.Run(Snapshot(), new ReachOptions
    {
        Settings = [setting],
        Expectations = Expectation.ReadFile(PathOf("expect.txt")),
    });

    private static ObservedRun Replay(string capture, params string[] settings)
    {
        using Emulation emulation = Emulation.Compile(Snapshot(), new ReplayOptions { Settings = [.. settings] });
        return ObservedRun.Of(emulation, Frames(capture));
    }

    private static IReadOnlyList<CapturedFrame> Frames(string capture) =>
        PcapFile.Parse(File.ReadAllBytes(PathOf(capture + ".pcap"))).Frames;

    private static ClusterSnapshot Snapshot() => ManifestReader.Read([PathOf("cluster.yaml")]);

    private static string PathOf(string name) => Path.Combine(GoldenFolder.RepositoryRoot, Lab + name);
}
