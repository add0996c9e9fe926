using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Capture;
using Dataplane.Core;

namespace Dataplane.Replay.Skew;

/// <summary>
/// Several captures' clocks: compared by the packets that they share, in a first pass over the files.
/// </summary>
internal static class CaptureClocks
{
    /// <summary>One for each capture; none where there is but one, or nobody wants to know.</summary>
    /// <exception cref="InvalidDataException">A skew is given for no capture.</exception>
    public static ImmutableArray<CaptureClock> Find(
        ReplayOptions options, Topology topology, CancellationToken cancellation)
    {
        foreach ((string capture, long _) in options.Skew.Given)
        {
            if (options.Captures.Length > 1 && options.Captures.Contains(capture)) continue;

            throw new InvalidDataException(options.Captures.Length < 2
                ? $"--skew {capture}: there is one capture, and its clock is the run's"
                : $"--skew {capture}: no capture of that name (there are: {string.Join(", ", options.Captures)})");
        }

        if (options.Captures.Length < 2 || (!options.Skew.IsEstimated && options.Skew.Given.IsEmpty)) return [];

        PacketSample?[] samples = [.. options.Captures.Select(path => SampleOf(path, options, topology, cancellation))];
        return Compare(options, samples);
    }

    /// <summary>One line for each capture whose clock is not the first one's.</summary>
    public static IEnumerable<string> NotesOf(ImmutableArray<CaptureClock> clocks)
    {
        string reference = clocks.IsEmpty ? "" : clocks[0].Capture;
        foreach (CaptureClock clock in clocks)
        {
            string within = clock.UncertaintyNanoseconds is { } uncertainty ? $"±{Time(uncertainty)}, " : "";
            string shared = $"{within}{clock.CommonPackets} packets in it and {clock.ComparedWith}";
            string ahead = clock.SkewNanoseconds < 0
                ? $"{Time(-clock.SkewNanoseconds)} behind"
                : $"{Time(clock.SkewNanoseconds)} ahead of";
            switch (clock.Clock)
            {
                case ClockSource.Agrees:
                    yield return $"clocks: {clock.Capture} may have the clock of {reference} ({shared}): left as it is";
                    break;
                case ClockSource.Estimated:
                    yield return $"clocks: {clock.Capture} is {ahead} {reference} ({shared}): corrected";
                    break;
                case ClockSource.OneWay:
                    yield return $"clocks: {clock.Capture} is {ahead} {reference}, if packets take no time ({shared}, "
                        + "of one direction alone): corrected";
                    break;
                case ClockSource.Unknown:
                    yield return $"clocks: {clock.Capture} shares no packet that could be told with the other "
                        + $"captures: taken as it is (--skew {clock.Capture}=TIME says by how much it is ahead)";
                    break;
                case ClockSource.Stream:
                    yield return $"clocks: {clock.Capture} cannot be read twice: "
                        + $"taken as it is (--skew {clock.Capture}=TIME says by how much it is ahead)";
                    break;
            }
        }
    }

    private static PacketSample? SampleOf(
        string path, ReplayOptions options, Topology topology, CancellationToken cancellation)
    {
        if (!options.Skew.IsEstimated || FileStamp.Of(path) is null) return null;

        using CaptureReader reader = CaptureFile.Open(
            path, ReplayRunner.ReadOptions(options, cancellation) with { Preload = false });
        return PacketSample.Read(reader, topology, options.Count, cancellation);
    }

    // Outwards from the first capture, each time the one that is known best.
    private static ImmutableArray<CaptureClock> Compare(ReplayOptions options, PacketSample?[] samples)
    {
        CaptureClock?[] clocks = new CaptureClock?[samples.Length];
        clocks[0] = new CaptureClock(options.Captures[0], ClockSource.Reference);
        foreach ((string capture, long ahead) in options.Skew.Given)
        {
            for (int index = 0; index < clocks.Length; index++)
            {
                if (options.Captures[index] == capture)
                    clocks[index] = new CaptureClock(capture, ClockSource.Given, ahead);
            }
        }

        while (Best(clocks, samples) is { } best)
        {
            clocks[best.To] = From(clocks[best.From]!, options.Captures[best.To], best.Comparison);
        }

        return [.. clocks.Select((clock, index) => clock ?? new CaptureClock(
            options.Captures[index],
            FileStamp.Of(options.Captures[index]) is null ? ClockSource.Stream : ClockSource.Unknown))];
    }

    private static CaptureClock From(CaptureClock known, string capture, ClockComparison found)
    {
        long skew = known.SkewNanoseconds + found.Skew;
        long? uncertainty = found.Uncertainty + (known.UncertaintyNanoseconds ?? 0);
        bool agrees = skew == 0 || Math.Abs(skew) <= uncertainty;
        ClockSource source = agrees ? ClockSource.Agrees : found.IsBothWays ? ClockSource.Estimated
            : ClockSource.OneWay;
        return new CaptureClock(capture, source, agrees ? 0 : skew, uncertainty, found.Packets, known.Capture);
    }

    private static (int From, int To, ClockComparison Comparison)? Best(CaptureClock?[] clocks, PacketSample?[] samples)
    {
        (int From, int To, ClockComparison Comparison)? best = null;
        for (int from = 0; from < clocks.Length; from++)
        {
            for (int to = 0; to < clocks.Length; to++)
            {
                if (clocks[from] is null || clocks[to] is not null || samples[from] is not { } known
                    || samples[to] is not { } other)
                    continue;

                var comparison = ClockComparison.Of(known, other);
                if (comparison.Packets > 0 && (best is not { } least || IsBetter(comparison, least.Comparison)))
                    best = (from, to, comparison);
            }
        }

        return best;
    }

    private static bool IsBetter(ClockComparison one, ClockComparison other) => one.IsBothWays != other.IsBothWays
        ? one.IsBothWays
        : (one.Uncertainty ?? 0) != (other.Uncertainty ?? 0) ? one.Uncertainty < other.Uncertainty
        : one.Packets > other.Packets;

    private static string Time(long nanoseconds) => nanoseconds switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:0.######} s"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.###} ms"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0.###} us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds} ns"),
    };
}
