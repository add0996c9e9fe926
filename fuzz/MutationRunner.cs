using System.Diagnostics;

namespace Dataplane.Fuzz;

/// <summary>
/// What runs where AFL++ does not: the same targets on seeded mutations, without feedback from coverage. Crashes become
/// files, one for each place; an input that takes too long becomes one too, and ends the process.
/// </summary>
internal sealed class MutationRunner(FuzzTarget target, string folder)
{
    private const int MostCrashes = 100;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly HashSet<string> _places = [];
    private readonly Stopwatch _clock = new();
    private byte[] _input = [];
    private TimeSpan _since;
    private TimeSpan _slowest;
    private long _executions;
    private long _crashes;

    /// <summary>False: something crashed.</summary>
    public bool Run(TimeSpan time)
    {
        Directory.CreateDirectory(folder);
        List<byte[]> seeds = [.. target.Seeds()];
        var mutations = new Mutations(seeds, Environment.TickCount);
        using var watchdog = new Timer(_ => Watch(), null, Hang, Hang / 4);
        for (_clock.Start(); _clock.Elapsed < time;)
            RunOne(_executions < seeds.Count ? seeds[(int)_executions] : mutations.Next());

        _clock.Stop();
        Console.WriteLine(
            $"{target.Name}: {_executions} executions, no edges counted, {_crashes} crashes at {_places.Count} places, "
            + $"0 hangs ({time.TotalSeconds:0} s of mutations, slowest {_slowest.TotalMilliseconds:0} ms)");
        return _crashes == 0;
    }

    private void RunOne(byte[] input)
    {
        (_since, _input) = (_clock.Elapsed, input);
        _executions++;
        try
        {
            target.Run(input);
        }
        catch (Exception error)
        {
            _crashes++;
            Keep(input, error);
        }

        TimeSpan took = _clock.Elapsed - _since;
        if (took > _slowest) _slowest = took;
    }

    private void Keep(byte[] input, Exception error)
    {
        string place = $"{error.GetType().Name} {error.StackTrace?.Split('\n').FirstOrDefault(line => !line.Contains("Dataplane.Fuzz", StringComparison.Ordinal))}";
        if (_places.Count >= MostCrashes || !_places.Add(place)) return;

        File.WriteAllBytes(Path.Combine(folder, $"crash-{_places.Count:000}"), input);
        File.WriteAllText(Path.Combine(folder, $"crash-{_places.Count:000}.txt"), error.ToString());
    }

    private void Watch()
    {
        if (!_clock.IsRunning || _clock.Elapsed - _since < Hang) return;

        File.WriteAllBytes(Path.Combine(folder, "hang"), _input);
        Console.WriteLine(
            $"{target.Name}: {_executions} executions, {_crashes} crashes, 1 hang: {Path.Combine(folder, "hang")}");
        Environment.Exit(1);
    }
}
