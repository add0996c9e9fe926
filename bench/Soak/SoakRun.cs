using System.Diagnostics;
using System.Globalization;

namespace Dataplane.Bench.Soak;

/// <summary>
/// Rounds over all cases until the time is over, manifests read anew each time: counts must stay exact,
/// memory flat, handles as they were.
/// </summary>
internal sealed class SoakRun(IReadOnlyList<SoakCase> cases, TextWriter log)
{
    /// <summary>
    /// Memory that a later round may have more than an early one: the compiler's tiers and the allocator's slack.
    /// </summary>
    private const long MemorySlack = 24 << 20;

    /// <summary>Rounds until pools and code are there.</summary>
    private const int WarmUp = 2;

    private readonly List<SoakSample> _samples = [];
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Gives whether nothing was found.</summary>
    public bool Run(TimeSpan time, int leastRounds)
    {
        var clock = Stopwatch.StartNew();
        long packets = 0;
        for (int round = 0; round < leastRounds || clock.Elapsed < time; round++)
        {
            foreach (SoakCase one in cases)
            {
                packets += one.Run(out string? fault);
                if (fault is not null) _faults.Add(fault);
            }

            _samples.Add(SoakSample.Take());
            Say($"round {round + 1}, {clock.Elapsed.TotalSeconds:F0} s: {packets:N0} packets, {Describe(_samples[^1])}");
        }

        Judge();
        foreach (string fault in _faults) Say($"FAULT {fault}");
        Say($"{cases.Count} cases, {_samples.Count} rounds, {packets:N0} packets, {_faults.Count} faults");
        return _faults.Count == 0;
    }

    private void Judge()
    {
        SoakSample early = _samples[Math.Min(WarmUp, _samples.Count - 1)];
        SoakSample last = _samples[^1];
        if (last.Anonymous > early.Anonymous + MemorySlack)
            _faults.Add($"memory grew: {Describe(early)}; at the end {Describe(last)}");
        if (last.Handles > early.Handles)
        {
            _faults.Add(
                $"handles were left open: {early.Handles}, at the end {last.Handles}: "
                + $"{string.Join(", ", SoakSample.OpenFiles())}");
        }
    }

    private void Say(FormattableString text) => log.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Describe(SoakSample sample) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sample.Anonymous / 1e6:F1} MB ({sample.Managed / 1e6:F1} MB of objects), {sample.Handles} handles, "
        + $"{sample.Threads} threads");
}
