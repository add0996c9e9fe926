using System.Buffers.Binary;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Wire;

namespace Dataplane.Fuzz.Targets;

/// <summary>
/// Random frames from any interface through whole clusters. The first byte says which cluster; then each
/// frame has two bytes in front: eleven bits of length, three of link type, one for bytes that the snap
/// length cut off, one for a pause.
/// </summary>
internal static unsafe class PipelineTarget
{
    private const int LengthBits = 0x7FF;
    private const int LinkTypeAt = 11;
    private const ushort CutBit = 0x4000;
    private const ushort PauseBit = 0x8000;
    private const int CutOff = 1500;
    private const long Pause = 40_000_000_000;
    private const int MostFrames = 64;

    /// <summary>
    /// Compiling costs a thousand times what a few frames do: a cluster serves so many inputs, with its connections.
    /// </summary>
    private const int RunsOfACluster = 2000;
    private const int LongestFrame = 1 << 17;

    private static readonly LinkType[] LinkTypes =
    [
        LinkType.Ethernet, LinkType.Raw, LinkType.Null, LinkType.Loop, LinkType.LinuxSll, LinkType.LinuxSll2,
        LinkType.Ipv4, LinkType.Ipv6,
    ];

    private static readonly (string Cni, string Proxy)[] Clusters =
    [
        ("flannel", "iptables"), ("calico", "ipvs"), ("cilium", "ebpf"), ("ovn-kubernetes", "iptables"),
        ("openshift-sdn", "ipvs"), ("flannel", "ebpf"), ("calico", "iptables"), ("cilium", "ipvs"),
    ];

    private static readonly GuardedBytes[] Frames =
        [.. Enumerable.Range(0, MostFrames).Select(_ => new GuardedBytes(LengthBits + CaptureRecord.Slack))];
    private static readonly Running?[] Kept = new Running?[Clusters.Length];
    private static readonly ClusterSnapshot Snapshot = ManifestReader.ReadText(SeedTexts.Wide, "wide.yaml");

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;

        Running running = ClusterOf(input[0] % Clusters.Length);
        CaptureRecord[] records = Cut(input[1..], ref running.Time);
        byte[][] before = [.. records.Select(static record => record.Bytes.ToArray())];
        Emulation emulation = running.Emulation;
        running.Records += records.Length;
        IPipeline pipeline = emulation.Proxy.CreatePipeline(emulation.State, emulation.Burst, new Watch());
        for (int done = 0; done < records.Length;)
        {
            int taken = pipeline.Process(records.AsSpan(done));
            Expect.That(taken > 0, "a burst took no record");
            done += taken;
        }

        pipeline.Finish();
        CheckCounts(emulation.State.Counters, running.Records);
        for (int index = 0; index < records.Length; index++)
            Expect.That(records[index].Bytes.SequenceEqual(before[index]), "the input was written to");
    }

    public static IEnumerable<byte[]> Seeds()
    {
        byte[][] frames = [.. SeedFiles.Frames()];
        for (int start = 0; start < frames.Length; start += 5)
        {
            byte[] packed = [.. frames.Skip(start).Take(5).Where(frame => frame.Length <= LengthBits).SelectMany(Pack)];
            yield return [(byte)(start / 5), .. packed];
        }
    }

    private static byte[] Pack(byte[] frame) => [(byte)frame.Length, (byte)(frame.Length >> 8), .. frame];

    private static Running ClusterOf(int number)
    {
        if (Kept[number] is { } kept && kept.Runs++ < RunsOfACluster) return kept;

        Kept[number]?.Emulation.Dispose();
        (string cni, string proxy) = Clusters[number];
        var options = new ReplayOptions { Cni = cni, Proxy = proxy, Settings = SeedTexts.WideSettings(cni) };
        return Kept[number] = new Running { Emulation = Emulation.Compile(Snapshot, options) };
    }

    private static CaptureRecord[] Cut(ReadOnlySpan<byte> input, ref long time)
    {
        List<CaptureRecord> records = [];
        while (input.Length >= sizeof(ushort) && records.Count < MostFrames)
        {
            ushort head = BinaryPrimitives.ReadUInt16LittleEndian(input);
            int length = Math.Min(head & LengthBits, input.Length - sizeof(ushort));
            Span<byte> frame = Frames[records.Count].Place(input.Slice(sizeof(ushort), length), CaptureRecord.Slack);
            time += (head & PauseBit) == 0 ? 1000 : Pause;
            records.Add(RecordOf(frame, head, time));
            input = input[(sizeof(ushort) + length)..];
        }

        return [.. records];
    }

    private static CaptureRecord RecordOf(Span<byte> frame, ushort head, long time)
    {
        fixed (byte* first = &System.Runtime.InteropServices.MemoryMarshal.GetReference(frame))
        {
            return new CaptureRecord
            {
                Data = first,
                CapturedLength = frame.Length,
                OriginalLength = frame.Length + ((head & CutBit) == 0 ? 0 : CutOff),
                Timestamp = time,
                LinkType = LinkTypes[(head >> LinkTypeAt) & 7],
            };
        }
    }

    private static void CheckCounts(RunCounters counters, long records)
    {
        long verdicts = 0;
        foreach (Verdict verdict in Enum.GetValues<Verdict>()) verdicts += counters[verdict];
        long dropped = counters.Drops().Sum(drop => drop.Tally.Packets);
        long ignored = Enum.GetValues<IgnoreReason>().Sum(reason => counters[reason]);
        Expect.That(counters.Records == records, $"{counters.Records} records of {records} were counted");
        Expect.That(verdicts == records && counters[Verdict.None] == 0,
            $"{verdicts} verdicts for {records} records, {counters[Verdict.None]} of them none");
        Expect.That(dropped == counters[Verdict.Dropped],
            $"{dropped} drops with a reason, {counters[Verdict.Dropped]} without asking");
        Expect.That(ignored == counters[Verdict.Ignored],
            $"{ignored} ignored with a reason, {counters[Verdict.Ignored]} without asking");
    }

    private sealed class Running
    {
        public required Emulation Emulation { get; init; }

        public int Runs { get; set; }

        public long Records { get; set; }

        public long Time = 1_700_000_000_000_000_000;
    }

    private readonly struct Watch : IFrameSink
    {
        public bool Observes(ObservationPoint point) => true;

        // Every byte is looked at, and what a node sends has a header that the next one takes.
        public void Take(in Lane lane, ObservationPoint point, int place, byte* frame, int length)
        {
            Expect.That(length is >= 0 and <= LongestFrame, $"a frame of {length} bytes");
            ReadOnlySpan<byte> bytes = new(frame, length);
            bytes.Count((byte)0);
            if (point != ObservationPoint.Wire || lane.Missing != 0 || length < EthernetHeader.Size + Ipv4Header.Size)
                return;
            if (EthernetView.TryParse(bytes, out EthernetView ethernet) != WireError.None
                || ethernet.EtherType != EtherType.Ipv4)
                return;
            if (Ipv4View.TryParse(ethernet.Payload, out Ipv4View ip) != WireError.None) return;

            Expect.That(ip.HasGoodChecksum, $"a node sent {Convert.ToHexString(bytes)}");
        }

        public void EndBurst(PacketBurst burst)
        {
            for (int record = 0; record < burst.RecordCount; record++)
            {
                ref readonly RecordState state = ref burst.Records[record];
                Expect.That(state.Verdict != Verdict.None || (state.Flags & RecordFlags.Held) != 0,
                    "a lane was left without a verdict");
            }
        }
    }
}
