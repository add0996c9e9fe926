using Dataplane.Cluster.Manifests;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>
/// Manifests in, frames out: <c>Given(yaml).Send(frame).ExpectAt("default/b1", frame)</c>. Frames are those of the
/// packet builder; each is a record of one capture, and every observation point is looked at.
/// </summary>
internal sealed class Scenario : IDisposable
{
    private const long FirstTimestamp = 1_700_000_000_000_000_000;
    private const long Pause = 1_000_000;

    private readonly Emulation _emulation;
    private readonly List<Emulation> _changed = [];
    private readonly List<ObservedFrame> _unexpected = [];
    private long _now = FirstTimestamp;
    private bool _isJudged = true;

    private Scenario(Emulation emulation) => _emulation = emulation;

    /// <summary>What became of the last record that was sent.</summary>
    public RecordState Last { get; private set; }

    public RunCounters Counters => _emulation.State.Counters;

    public static Scenario Given(string yaml, params string[] settings) => Given(yaml, node: null, settings);

    /// <summary>
    /// Under one proxy; traffic from outside to Services' addresses enters at <paramref name="entry"/>.
    /// </summary>
    public static Scenario Under(string proxy, string yaml, string? entry = null, params string[] settings) =>
        new(Emulation.Compile(
            ManifestReader.ReadText(yaml, "scenario.yaml"),
            new ReplayOptions { Settings = [.. settings], Proxy = proxy, Entry = entry }));

    public static Scenario Given(string yaml, string? node, string[] settings) => new(Emulation.Compile(
        ManifestReader.ReadText(yaml, "scenario.yaml"), new ReplayOptions { Settings = [.. settings], Node = node }));

    public static Scenario Given(string yaml, ReplayOptions options) =>
        new(Emulation.Compile(ManifestReader.ReadText(yaml, "scenario.yaml"), options));

    /// <summary>Under one CNI, whatever the manifests look like.</summary>
    public static Scenario GivenCni(string cni, string yaml, params string[] settings) => new(Emulation.Compile(
        ManifestReader.ReadText(yaml, "scenario.yaml"), new ReplayOptions { Cni = cni, Settings = [.. settings] }));

    /// <summary>The same under another proxy, or with a dump of rules for every node.</summary>
    public static Scenario GivenProxy(string proxy, string yaml, string? rules = null, string? entry = null)
    {
        using var dump = new Capture.TemporaryFile(".rules");
        File.WriteAllText(dump.Path, rules);
        return new Scenario(Emulation.Compile(
            ManifestReader.ReadText(yaml, "scenario.yaml"),
            new ReplayOptions { Proxy = proxy, Entry = entry, Rules = rules is null ? [] : [(null, dump.Path)] }));
    }

    /// <summary>Sends frames in one burst, a microsecond apart.</summary>
    public Scenario Send(params byte[][] frames) => Send(LinkType.Ethernet, frames);

    public Scenario Send(LinkType linkType, params byte[][] frames) => Send(linkType, interfaces: null, frames);

    /// <summary>Records of a capture of several points, each with the number of its interface.</summary>
    public Scenario SendSeen(params (int At, byte[] Frame)[] seen) => SendSeen(LinkType.Ethernet, seen);

    public Scenario SendSeen(LinkType linkType, params (int At, byte[] Frame)[] seen) =>
        Send(linkType, [.. seen.Select(one => one.At)], [.. seen.Select(one => one.Frame)]);

    private Scenario Send(LinkType linkType, int[]? interfaces, byte[][] frames)
    {
        CapturedFrame[] capture = [.. frames.Select((frame, index) => new CapturedFrame(_now + index * 1000, frame))];
        ObservedRun run = ObservedRun.Of(_emulation, capture, linkType, interfaces);
        _now += Pause;
        _unexpected.Clear();
        _unexpected.AddRange(run.Frames);
        Last = run.Records[^1];
        _isJudged = false;
        return this;
    }

    /// <summary>
    /// The policies of other manifests of the same cluster are swapped in between bursts; connections stand.
    /// </summary>
    public Scenario ChangePolicies(string yaml, params string[] settings)
    {
        _changed.Add(Emulation.Compile(
            ManifestReader.ReadText(yaml, "changed.yaml"), new ReplayOptions { Settings = [.. settings] }));
        _emulation.State.Police = _changed[^1].Policies?.Police;
        return this;
    }

    public Scenario Wait(double seconds)
    {
        _now += (long)(seconds * 1e9);
        return this;
    }

    /// <summary>
    /// Exactly this frame arrived at the pod, and no other did; what nodes themselves say is
    /// <see cref="ExpectAnswerAt"/>.
    /// </summary>
    public Scenario ExpectAt(string pod, params byte[][] frames) => Expect(pod, isAnswer: false, frames);

    public Scenario ExpectAnswerAt(string pod, params byte[][] frames) => Expect(pod, isAnswer: true, frames);

    /// <summary>The frame left the node's underlay interface.</summary>
    public Scenario ExpectOnWire(string node, byte[] frame) => Expect(node + "/eth0", isAnswer: false, frame);

    public Scenario ExpectNothing(DropReason reason, Stage stage)
    {
        _isJudged = true;
        Assert.Equal((Verdict.Dropped, reason, stage), (Last.Verdict, Last.Drop, Last.Stage));
        return this;
    }

    public Scenario ExpectForwarded()
    {
        _isJudged = true;
        Assert.Equal(Verdict.Forwarded, Last.Verdict);
        return this;
    }

    public Scenario ExpectIgnored(IgnoreReason reason)
    {
        _isJudged = true;
        Assert.Equal((Verdict.Ignored, reason), (Last.Verdict, Last.Ignored));
        Assert.Empty(_unexpected);
        return this;
    }

    /// <summary>Frames seen at a place: <c>NS/NAME</c> of a pod, <c>NODE/eth0</c>, <c>NODE/unlisted</c>.</summary>
    public IEnumerable<byte[]> At(string place) =>
        _unexpected.Where(frame => PlaceOf(frame) == place).Select(frame => frame.Bytes);

    /// <summary>
    /// When those frames passed, in nanoseconds behind the first record of the last <see cref="Send(byte[][])"/>.
    /// </summary>
    public IEnumerable<long> TimesAt(string place)
    {
        _isJudged = true;
        return _unexpected.Where(frame => PlaceOf(frame) == place).Select(frame => frame.Timestamp - (_now - Pause));
    }

    /// <summary>What the nodes' links did.</summary>
    public LinkReport Link => LinkReport.Of(_emulation.State.Links, _emulation.Model)!;

    public void Dispose()
    {
        Assert.True(_isJudged, "the last frame was sent, but nobody looked at what became of it");
        _emulation.Dispose();
        foreach (Emulation changed in _changed) changed.Dispose();
    }

    private Scenario Expect(string place, bool isAnswer, params byte[][] frames)
    {
        _isJudged = true;
        string[] seen = [.. _unexpected.Where(frame => PlaceOf(frame) == place && frame.IsAnswer == isAnswer)
            .Select(frame => Convert.ToHexString(Masked(frame)))];
        string[] expected = [.. frames.Select(Convert.ToHexString)];
        string elsewhere = string.Join(
            "\n", _unexpected.Select(frame => $"{PlaceOf(frame)} {Convert.ToHexString(frame.Bytes)}"));
        Assert.True(expected.SequenceEqual(seen), $"""
            at {place} expected
            {string.Join("\n", expected)}
            seen
            {string.Join("\n", seen)}
            everywhere ({Last.Verdict} {Last.Drop} {Last.Stage} {Last.Ignored})
            {elsewhere}
            """);
        return this;
    }

    // The id of a packet that a node makes is a counter's; an answer's checksum depends on it.
    private static byte[] Masked(ObservedFrame frame)
    {
        if (!frame.IsAnswer || frame.Bytes[12] != 8 || frame.Bytes[13] != 0) return frame.Bytes;

        byte[] masked = [.. frame.Bytes];
        masked.AsSpan(EthernetHeader.Size + Ipv4Header.IdOffset, sizeof(ushort)).Clear();
        Span<byte> checksum = masked.AsSpan(EthernetHeader.Size + Ipv4Header.ChecksumOffset, sizeof(ushort));
        checksum.Clear();
        BitConverter.TryWriteBytes(checksum,
            InternetChecksum.Finish(InternetChecksum.Sum(masked.AsSpan(EthernetHeader.Size, Ipv4Header.Size))));
        return masked;
    }

    private string PlaceOf(ObservedFrame frame) => frame.Point switch
    {
        ObservationPoint.Pod when frame.Place < 0 => $"{_emulation.Model.Nodes[-1 - frame.Place].Name}/unlisted",
        ObservationPoint.Pod => _emulation.Topology.Endpoints[frame.Place].Pod is >= 0 and int pod
            ? _emulation.Model.Pods[pod].Pod.ToString()
            : "endpoint " + IpAddress.FromV4(_emulation.Topology.Endpoints[frame.Place].V4),
        ObservationPoint.Wire => _emulation.Model.Nodes[frame.Place].Name + "/eth0",
        _ => $"{_emulation.Model.Nodes[frame.Place].Name}/{frame.Point}",
    };
}
