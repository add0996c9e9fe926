using Dataplane.Fuzz;
using Xunit;

namespace Dataplane.Tests.Fuzzing;

/// <summary>
/// What <c>tools/fuzz.sh</c> runs for hours, for a moment: every seed, and the same mutations of them each time.
/// </summary>
public class FuzzSmokeTests
{
    private const int Seed = 20_261_123;

    /// <summary>Inputs by what one costs: a second or two for each target.</summary>
    private static readonly Dictionary<string, int> Rounds = new()
    {
        ["views"] = 200_000,
        ["pcap"] = 1_000,
        ["pcapng"] = 1_000,
        ["stream"] = 1_000,
        ["yaml"] = 300,
        ["json"] = 2_000,
        ["iptables"] = 20_000,
        ["ipvs"] = 20_000,
        ["routes"] = 50_000,
        ["pipeline"] = 2_000,
    };

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void No_seed_nor_its_mutations_show_what_users_must_never_see(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name);
        byte[][] seeds = [.. target.Seeds()];
        Assert.NotEmpty(seeds);
        foreach (byte[] seed in seeds) Try(target, seed);

        var mutations = new Mutations(seeds, Seed);
        for (int round = 0; round < Rounds[name]; round++) Try(target, mutations.Next());
    }

    private static void Try(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Run(input);
        }
        catch (Exception error)
        {
            Assert.Fail($"{target.Name}: {Convert.ToBase64String(input)}: {error}");
        }
    }
}
