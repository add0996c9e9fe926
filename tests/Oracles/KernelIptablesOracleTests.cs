using System.ComponentModel;
using System.Globalization;
using Dataplane.Replay;
using Dataplane.Replay.Rules;
using Dataplane.Replay.Tracing;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random Services, printed as rules, loaded into this machine's kernel with both iptables; random packets to them come
/// out of it where and as they come out of the emulation, and so do the replies.
/// </summary>
public sealed class KernelIptablesOracleTests
{
    /// <summary>Another number of cases, for longer runs.</summary>
    private const string CountVariable = "DATAPLANE_IPTABLES_CASES";

    private const string SeedVariable = "DATAPLANE_IPTABLES_SEED";
    private const int DefaultCount = 1_000;
    private const int DefaultSeed = 20_262;
    private const int CasesPerCluster = 125;

    /// <summary>So many streams of draws, until each choice of the kernel has been one of ours.</summary>
    private const int MostDraws = 300;

    private const int ShownDifferences = 12;

    /// <summary>What has to be among a thousand cases' outcomes.</summary>
    private static readonly string[] Kinds =
    [
        "p6: tcp", "tunnel: udp", "outside: sctp", ":drawn >", "3/3 quoting", "1/4 quoting", "dropped", "node-a itself",
        "refused at once", "; back p", "; back outside", "; back tunnel", "; back node-a",
    ];

    private static int _labs;

    [Theory]
    [InlineData("legacy")]
    [InlineData("nft")]
    public void Random_packets_come_out_of_the_kernel_as_out_of_the_emulation(string backend)
    {
        KernelAbilities abilities = ProbeOrSkip(backend);
        int count = Number(CountVariable, DefaultCount), seed = Number(SeedVariable, DefaultSeed);
        List<string> differences = [], outcomes = [];
        for (int cluster = 0; outcomes.Count < count; cluster++)
        {
            var services = new RandomServices(seed, cluster, abilities);
            List<ServiceCase> cases = services.Take(CasesPerCluster);
            CaseOutcomes kernel = AskKernel(services, cases, backend);
            outcomes.AddRange(kernel.All);
            differences.AddRange(Compare(services, cases, kernel)
                .Select(text => $"seed {seed}, cluster {cluster}, {services.Configuration}:\n{text}"));
        }

        Assert.True(
            differences.Count == 0,
            $"{differences.Count} clients of {outcomes.Count} cases fare differently:\n"
            + $"{string.Join('\n', differences.Take(ShownDifferences))}");
        if (outcomes.Count < DefaultCount) return;

        AssertEveryKind(outcomes, abilities);
    }

    private static CaseOutcomes AskKernel(RandomServices services, List<ServiceCase> cases, string backend)
    {
        using var node = new KernelNode(Interlocked.Increment(ref _labs));
        foreach (int family in (int[])[4, 6])
        {
            RulesReport printed = RulesRunner.Run(
                services.Snapshot,
                new RulesOptions
                {
                    Manifests = [],
                    Node = ServiceLab.Node,
                    Family = family,
                    Settings = services.Settings,
                });
            node.LoadRules(backend, family, printed.Text);
        }

        return CaseOutcomes.Of(cases, node);
    }

    /// <summary>
    /// The kernel draws as it likes: what a client's packets came to must be what some draws make of them here. And
    /// here draws decide on nothing but the endpoint: a packet has no more fates than its Service has endpoints.
    /// </summary>
    private static IEnumerable<string> Compare(RandomServices services, List<ServiceCase> cases, CaseOutcomes kernel)
    {
        List<List<ServiceCase>> clients = [.. cases.GroupBy(one => one.Client).Select(group => group.ToList())];
        Dictionary<string, HashSet<string>> ours = clients.ToDictionary(
            client => client[0].Client, _ => new HashSet<string>());
        List<List<ServiceCase>> open = clients;
        for (int seed = 1; seed <= MostDraws && open.Count > 0; seed++)
        {
            using var node = new EmulatedNode(services.Snapshot, services.Settings, seed);
            CaseOutcomes drawn = CaseOutcomes.Of(cases, node);
            foreach (List<ServiceCase> client in clients) ours[client[0].Client].Add(drawn.Of(client));
            open = [.. open.Where(client => !ours[client[0].Client].Contains(kernel.Of(client)))];
        }

        foreach (List<ServiceCase> client in open)
            yield return Describe(services, client, kernel, ours[client[0].Client]);
        foreach (List<ServiceCase> client in clients.Where(client => client.Count == 1))
        {
            HashSet<string> fates = ours[client[0].Client];
            if (fates.Count > Math.Max(1, services.EndpointsOf(client[0])))
                yield return Describe(services, client, kernel, fates);
        }
    }

    private static string Describe(
        RandomServices services, List<ServiceCase> client, CaseOutcomes kernel, HashSet<string> ours) => $"""
        {string.Join('\n', client.Select(one => $"  {one}{string.Concat(RulesOf(services, one).Select(rule => $"\n    {rule}"))}"))}
         kernel:
        {kernel.Of(client)}
         emulation, of {services.EndpointsOf(client[0])} endpoints, one of these {ours.Count}:
        {string.Join("\n or\n", ours.Order().Take(5))}
        """;

    /// <summary>The rules that matched here, with draws of some seed, as <c>dataplane trace</c> tells them.</summary>
    private static IEnumerable<string> RulesOf(RandomServices services, ServiceCase one)
    {
        try
        {
            var replay = new ReplayOptions
            {
                Proxy = "iptables",
                Node = ServiceLab.Node,
                Entry = ServiceLab.Node,
                Settings = services.Settings,
            };
            var options = new TraceOptions
            {
                Replay = replay,
                From = one.Source,
                To = one.Destination,
                Port = one.Port,
                Protocol = one.Protocol,
                SourcePort = one.SourcePort,
            };
            TraceReport report = TraceRunner.Run(services.Snapshot, options, CancellationToken.None);
            return report.Steps.Where(step => step.Matched == true).Select(step => step.Detail);
        }
        catch (InvalidDataException untold)
        {
            return [untold.Message];
        }
    }

    private static void AssertEveryKind(List<string> outcomes, KernelAbilities abilities)
    {
        foreach (string kind in Kinds.Where(kind =>
            abilities.HasSctp || !kind.Contains("sctp", StringComparison.Ordinal)))
        {
            int found = outcomes.Count(outcome => outcome.Contains(kind, StringComparison.Ordinal));
            Assert.True(found >= 3, $"{found} of {outcomes.Count} cases ended with \"{kind}\"");
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;

    private static KernelAbilities ProbeOrSkip(string backend)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "needs root: network namespaces, raw sockets");
        try
        {
            using var node = new KernelNode(Interlocked.Increment(ref _labs));
            KernelAbilities abilities = KernelAbilities.Of(node, backend);
            foreach (string missing in abilities.Missing)
                TestContext.Current.AddWarning($"iptables-{backend}: {missing}");
            return abilities;
        }
        catch (Exception missing) when (missing is InvalidOperationException or Win32Exception)
        {
            Assert.Skip($"this machine cannot build the lab: {missing.Message}");
            throw;
        }
    }
}
