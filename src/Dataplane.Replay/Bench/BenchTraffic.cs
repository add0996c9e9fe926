using System.IO.Pipelines;
using Dataplane.Capture;
using Dataplane.Cluster.Synthetic;
using Dataplane.Core;
using Dataplane.Replay.Generate;
using Dataplane.Wire;

namespace Dataplane.Replay.Bench;

/// <summary>
/// Captures in memory, made by what <c>generate traffic</c> writes with: the first packets of all flows, the rest of
/// their handshakes, and packets with payload, all from clients. The first two are as long as headers let them be.
/// </summary>
internal sealed class BenchTraffic : IDisposable
{
    private const string Name = "generated";
    private const int TcpShare = 75;
    private const int SmallestFrame = 64;
    private const int LargeMtu = 1500;
    private const int CommitEvery = 256;
    private const long Start = 1_767_225_600L * 1_000_000_000;
    private const long Gap = 1000;

    private readonly BenchCluster _cluster;
    private readonly ulong _seed;
    private readonly Dictionary<int, (CaptureReader First, CaptureReader Later)> _openings = [];
    private readonly Dictionary<TraceShape, CaptureReader> _data = [];

    public BenchTraffic(BenchCluster cluster, ulong seed)
    {
        _cluster = cluster;
        _seed = seed;
    }

    /// <summary>A trace of so many packets with payload, and the openings of its flows; each is made once.</summary>
    public BenchTrace TraceOf(TraceShape shape, int packets)
    {
        if (!_openings.TryGetValue(shape.Flows, out (CaptureReader First, CaptureReader Later) opening))
        {
            var source = new Source(_cluster, shape, _seed);
            opening = (InMemory(source.WriteFirst), InMemory(source.WriteLater));
            _openings.Add(shape.Flows, opening);
        }

        if (!_data.TryGetValue(shape, out CaptureReader? data))
        {
            var source = new Source(_cluster, shape, _seed);
            source.WriteFirst(writer: null);
            source.WriteLater(writer: null);
            data = InMemory(writer => source.WriteData(writer, packets));
            _data.Add(shape, data);
        }

        return new BenchTrace(shape, packets, opening.First, opening.Later, data);
    }

    /// <summary>Keys of first packets, as the emulated node tracks them.</summary>
    public FlowKey[] KeysOf(int flows)
    {
        var source = new Source(_cluster, new TraceShape(TrafficOptions.Imix, flows, FlowDistribution.Uniform), _seed);
        return [.. Enumerable.Range(0, flows).Select(source.KeyOf)];
    }

    public void Dispose()
    {
        foreach ((CaptureReader first, CaptureReader later) in _openings.Values)
        {
            first.Dispose();
            later.Dispose();
        }

        foreach (CaptureReader data in _data.Values) data.Dispose();
    }

    /// <summary>What is written to a capture, read as <c>--preload</c> reads it.</summary>
    private static CaptureReader InMemory(Action<CaptureWriter> write)
    {
        var pipe = new Pipe();
        var writing = Task.Run(() =>
        {
            using CaptureWriter writer = CaptureWriter.Create(pipe.Writer.AsStream(), Name, CaptureFormat.Pcap);
            writer.AddInterface(Name, LinkType.Ethernet);
            write(writer);
        });
        CaptureReader reader = CaptureFile.Open(
            pipe.Reader.AsStream(), Name, new CaptureReadOptions { Preload = true });
        writing.GetAwaiter().GetResult();
        return reader;
    }

    /// <summary>One conversation, from its beginning; what is not written has happened all the same.</summary>
    private sealed class Source
    {
        private readonly TraceShape _shape;
        private readonly TrafficPaths _paths;
        private readonly Conversation _conversation;
        private SplitMix _random;
        private long _packets;

        public Source(BenchCluster cluster, TraceShape shape, ulong seed)
        {
            var options = new TrafficOptions
            {
                Manifests = [],
                Output = Name,
                Flows = shape.Flows,
                Distribution = shape.Distribution,
                Mix = new TrafficMix(TcpShare, 100 - TcpShare, 0, 0),
                Mtu = LargeMtu,
                Replies = 0,
                Node = BenchCluster.NodeName,
                LongLived = true,
                Seed = seed,
            };
            _shape = shape;
            _random = new SplitMix(seed);
            _paths = new TrafficPaths(options, cluster.Traffic, []);
            _conversation = new Conversation(options, _paths, cluster.Traffic.Names) { FrameSize = SmallestFrame };
        }

        public void WriteFirst(CaptureWriter? writer)
        {
            for (int flow = 0; flow < _shape.Flows; flow++) Write(writer, flow);
        }

        /// <summary>In turn, so that the packets of one handshake are not neighbours.</summary>
        public void WriteLater(CaptureWriter? writer)
        {
            bool isDone = false;
            while (!isDone)
            {
                isDone = true;
                for (int flow = 0; flow < _shape.Flows; flow++)
                {
                    if (_conversation.IsEstablished(flow)) continue;

                    isDone = false;
                    Write(writer, flow);
                }
            }
        }

        public void WriteData(CaptureWriter writer, int packets)
        {
            _conversation.FrameSize = _shape.FrameSize;
            var pick = new FlowPick(_shape.Flows, _shape.Distribution);
            for (int packet = 0; packet < packets; packet++) Write(writer, pick.Next(ref _random));
        }

        public FlowKey KeyOf(int flow)
        {
            FlowPath path = _paths.PathOf(flow);
            return new FlowKey
            {
                Source = path.Source.V4,
                Destination = path.Target.Address.V4,
                SourcePort = path.PortOf(generation: 0),
                DestinationPort = path.Target.Port,
                Protocol = path.Kind == FlowKind.Tcp ? IpProtocol.Tcp : IpProtocol.Udp,
                Family = 4,
            };
        }

        private void Write(CaptureWriter? writer, int flow)
        {
            ReadOnlySpan<byte> frame = _conversation.Next(flow, ref _random);
            writer?.Write(order: 0, interfaceIndex: 0, Start + (_packets * Gap), frame, frame.Length, default);
            if (++_packets % CommitEvery == 0) writer?.Commit();
        }
    }
}

/// <summary>The captures of one measurement; they are shared, and belong to their <see cref="BenchTraffic"/>.</summary>
internal sealed record BenchTrace(
    TraceShape Shape, int Packets, CaptureReader First, CaptureReader Later, CaptureReader Data);
