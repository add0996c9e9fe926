using System.Text.Json;
using Dataplane.Bench.Fixtures;
using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Pipeline;

/// <summary>
/// Nothing that a packet can do makes the collector work: what <c>bench/budgets.json</c> allows is measured here, for
/// packets that arrive and for packets that are wrong in every way.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AllocationTests
{
    internal const string Name = "allocations";
    private const string NoSink = "frames are made and let go";
    private const int Packets = 1_000_000;
    private const int PacketsOfKind = 20_000;
    private const int WarmUpPasses = 12;

    private static readonly Dictionary<string, double> Budgets = ReadBudgets();

    /// <summary>
    /// Every sink under the first proxy, and every other proxy with the sink that costs nothing of its own.
    /// </summary>
    public static TheoryData<string, string> Sinks
    {
        get
        {
            TheoryData<string, string> sinks = [];
            foreach (string sink in Budgets.Keys) sinks.Add(sink, PipelineCatalog.Proxies[0]);
            foreach (string proxy in PipelineCatalog.Proxies.Skip(1)) sinks.Add(NoSink, proxy);
            return sinks;
        }
    }

    public static TheoryData<string, string> Kinds
    {
        get
        {
            TheoryData<string, string> kinds = [];
            foreach (string proxy in PipelineCatalog.Proxies)
            {
                foreach (TrafficKind kind in TrafficKinds.All) kinds.Add(kind.Name, proxy);
            }

            return kinds;
        }
    }

    [Theory, MemberData(nameof(Sinks))]
    public void A_million_packets_of_all_kinds_allocate_no_more_than_the_budget(string sink, string proxy)
    {
        using var run = new Run(sink, proxy);
        List<(TrafficKind Kind, FrameSet Frames)> all = [.. TrafficKinds.All.Select(kind => (kind, FramesOf(kind)))];
        int passes = Packets / all.Sum(kind => kind.Frames.Records.Length) + 1;

        for (int pass = 0; pass < WarmUpPasses; pass++) all.ForEach(kind => run.Pass(kind.Kind, kind.Frames));
        long recordsBefore = run.Records;
        long allocated = Measure(() =>
        {
            for (int pass = 0; pass < passes; pass++) all.ForEach(kind => run.Pass(kind.Kind, kind.Frames));
        });

        all.ForEach(kind => kind.Frames.Dispose());
        Assert.InRange(run.Records - recordsBefore, Packets, long.MaxValue);
        Assert.True(allocated <= Budgets[sink] * Packets, $"{sink}, {proxy}: {allocated} B");
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Packets_of_each_kind_end_as_they_must_and_allocate_nothing_whatever_the_proxy(string name, string proxy)
    {
        TrafficKind kind = TrafficKinds.All.Single(kind => kind.Name == name);
        using var run = new Run(NoSink, proxy);
        using FrameSet frames = FramesOf(kind);

        for (int pass = 0; pass < WarmUpPasses; pass++) run.Pass(kind, frames);
        long allocated = Measure(() =>
        {
            for (int pass = 0; pass < PacketsOfKind / frames.Records.Length; pass++) run.Pass(kind, frames);
        });

        run.Finish();
        RunCounters counters = run.Counters;
        Assert.Equal(counters.Records, Enum.GetValues<Verdict>().Sum(verdict => counters[verdict]));
        Assert.True(counters[kind.Verdict] > counters.Records / 2, Describe(counters));
        if (kind.Drop != DropReason.None) Assert.Contains(counters.Drops(), drop => drop.Reason == kind.Drop);
        if (kind.Ignored != IgnoreReason.None) Assert.Equal(counters.Records, counters[kind.Ignored]);
        Assert.Equal(0, allocated);
    }

    // The least of three: when another thread starts a collection, the rest of this thread's 8 KiB counts as allocated.
    internal static long Measure(Action run)
    {
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 3 && least != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static string Describe(RunCounters counters) => string.Join(", ", counters.Drops()) + "; "
        + string.Join(", ", Enum.GetValues<Verdict>().Select(verdict => $"{verdict} {counters[verdict]}"));

    private static FrameSet FramesOf(TrafficKind kind) => new(kind.Frames, kind.LinkType, kind.Missing);

    private static Dictionary<string, double> ReadBudgets()
    {
        using JsonDocument json = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "budgets.json")));
        return json.RootElement.GetProperty("allocatedBytesPerPacket").EnumerateObject()
            .ToDictionary(budget => budget.Name, budget => budget.Value.GetDouble());
    }

    /// <summary>A cluster and a sink, by the sink's name in the budget file.</summary>
    private sealed class Run : IDisposable
    {
        private readonly Emulation _emulation;
        private readonly FrameCollector? _collector;
        private readonly IPipeline _pipeline;

        public Run(string sink, string proxy)
        {
            _emulation = new SampleCluster(nodes: 2, services: 10, endpoints: 6, dualStack: true).Compile(proxy: proxy);
            _collector = sink switch
            {
                NoSink => null,
                "frames at every point go to a pcap" => Collector(CaptureFormat.Pcap),
                "frames at every point go to a pcapng with comments" => Collector(CaptureFormat.Pcapng),
                _ => throw new InvalidDataException($"budgets.json: no sink is called {sink}"),
            };
            _pipeline = PipelineCatalog.Create(_emulation, _collector);
        }

        public RunCounters Counters => _emulation.State.Counters;

        public long Records => Counters.Records;

        public void Pass(TrafficKind kind, FrameSet frames)
        {
            ReadOnlySpan<CaptureRecord> records = frames.Records;
            while (!records.IsEmpty) records = records[_pipeline.Process(records)..];
            frames.Advance();
            if (kind.AlwaysNew) frames.ChangeSourcePorts();
        }

        public void Finish() => _pipeline.Finish();

        public void Dispose()
        {
            _collector?.Dispose();
            _emulation.Dispose();
        }

        private FrameCollector Collector(CaptureFormat format)
        {
            var options = new ReplayOptions { At = ["all"], CommentAll = true, EpbVerdict = true };
            Observation observation = Observation.Parse(options.At, _emulation.Model, _emulation.Topology);
            CaptureWriter writer = CaptureWriter.Create(Stream.Null, "nowhere", format);
            return new FrameCollector(_emulation, observation, writer, drops: null, policies: null, options);
        }
    }
}
