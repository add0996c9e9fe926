using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random frames through IPIP and Geneve devices of Linux 6.1 in user-mode-linux, which the host's kernel
/// may lack, and through the emulated ones: the same bytes on the wire and at the pods, and what the one
/// sends comes out of the other.
/// </summary>
public sealed class KernelTunnelOracleTests
{
    private const int Frames = 250;
    private const string SecondNode = "node-2";

    private static readonly string[] Variants =
        ["geneve-kernel", "geneve-kernel-udpcsum", "ipip-calico", "ipip-tos-inherit"];
    private static readonly string[] Points = ["p1a", "n1-eth0", "p2a"];

    [Fact]
    public void Ipip_and_geneve_are_linux_s_both_ways()
    {
        string missing = UserModeLinux.Missing("ip", "python3", "modprobe", "ethtool", "sysctl");
        Assert.SkipUnless(missing.Length == 0, missing);
        OverlaySetup[] setups = [.. Variants.Select(variant => OverlayVariant.Load(variant).Setup)];
        List<byte[]>[] sent =
            [.. setups.Select((setup, number) => new RandomFrames(setup, seed: number + 11).Take(Frames))];
        ILookup<string, byte[]>[] ours =
            [.. setups.Select((setup, number) => Emulate(setup, sent[number], node: null))];
        using var linux = new UserModeLinux();
        linux.Write("runner.py", KernelTunnelScript.Runner);
        for (int number = 0; number < setups.Length; number++)
        {
            linux.Write(Variants[number] + ".pod", Lines(sent[number]));
            linux.Write(Variants[number] + ".wire", Lines(ToSecondNode(ours[number]["n1-eth0"], setups[number])));
        }

        RunOrSkip(linux, KernelTunnelScript.Of(setups));

        for (int number = 0; number < setups.Length; number++)
        {
            ILookup<string, byte[]> theirs = Seen(linux.Read(Variants[number] + ".seen"));
            foreach (string point in Points)
                AssertSame($"{Variants[number]}: {point}", theirs[point], ours[number][point]);
            AssertSame($"{Variants[number]}: ours, decapsulated by Linux", theirs["injected"], ours[number]["p2a"]);
            ILookup<string, byte[]> opened = Emulate(
                setups[number], [.. ToSecondNode(theirs["n1-eth0"], setups[number])], SecondNode);
            AssertSame($"{Variants[number]}: Linux's, decapsulated by us", theirs["p2a"], opened["p2a"]);
            Assert.InRange(theirs["p2a"].Count(), Frames / 2, Frames);
        }
    }

    private static void RunOrSkip(UserModeLinux linux, string script)
    {
        try
        {
            linux.Run(["veth", "bridge", "geneve", "ipip"], script, TimeSpan.FromSeconds(90));
        }
        catch (TimeoutException slow)
        {
            Assert.Skip(slow.Message);
        }
    }

    private static ILookup<string, byte[]> Emulate(OverlaySetup setup, IReadOnlyList<byte[]> frames, string? node)
    {
        using var replay = new OverlayReplay(setup, node);
        return replay.Run(frames).ToLookup(seen => seen.Point, seen => seen.Bytes);
    }

    private static IEnumerable<byte[]> ToSecondNode(IEnumerable<byte[]> wire, OverlaySetup setup)
    {
        byte[] mac = Convert.FromHexString(setup.NodeMacs[1].Replace(":", "", StringComparison.Ordinal));
        return wire.Where(frame => frame.AsSpan(0, mac.Length).SequenceEqual(mac));
    }

    private static string Lines(IEnumerable<byte[]> frames) =>
        string.Concat(frames.Select(frame => Convert.ToHexStringLower(frame) + "\n"));

    private static ILookup<string, byte[]> Seen(string lines) =>
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToLookup(words => words[0], words => Convert.FromHexString(words[1]));

    // Without their order: an answer may overtake what was sent behind its cause.
    private static void AssertSame(string where, IEnumerable<byte[]> theirs, IEnumerable<byte[]> ours)
    {
        List<string> expected = [.. theirs.Select(Fair)];
        List<string> actual = [.. ours.Select(Fair)];
        foreach (string frame in actual.ToList())
        {
            if (expected.Remove(frame)) actual.Remove(frame);
        }

        Assert.True(
            expected.Count + actual.Count == 0,
            $"{where}: {expected.Count} frames only of Linux, {actual.Count} only of the emulation; "
            + "the first of each:\n"
            + $"{expected.FirstOrDefault()}\n{actual.FirstOrDefault()}");
    }

    private static string Fair(byte[] frame) => Convert.ToHexStringLower(FairFrame.Normalize(frame));
}
