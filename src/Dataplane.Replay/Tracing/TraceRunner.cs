using System.Collections.Immutable;
using Dataplane.Capture;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay.Policies;
using Dataplane.Replay.Skew;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>
/// Sends one packet through an emulated cluster and writes down every step; the reply's way back, too.
/// </summary>
public static class TraceRunner
{
    private const int BatchSize = 256;

    /// <exception cref="InvalidDataException">An input cannot be read, or an end of the way is not known.</exception>
    public static TraceReport Run(TraceOptions options, CancellationToken cancellation) =>
        Run(ManifestReader.Read(options.Replay.Manifests, cancellation: cancellation), options, cancellation);

    public static TraceReport Run(ClusterSnapshot snapshot, TraceOptions options, CancellationToken cancellation)
    {
        if (snapshot.Nodes.IsEmpty)
        {
            throw new InvalidDataException(
                "the manifests have no Node, so no packet enters anywhere: add kubectl get nodes -o yaml");
        }

        using Emulation emulation = Emulation.Compile(snapshot, options.Replay);
        var recorder = new TraceRecorder(
            emulation.Model, emulation.Topology, PolicyTeller.Of(emulation), emulation.Ways);
        IPipeline pipeline = emulation.Proxy.CreateTracedPipeline(emulation.State, emulation.Burst, recorder);
        TraceReport report = options.From is null
            ? OfCapture(emulation, recorder, pipeline, options, cancellation)
            : OfSynthetic(emulation, recorder, pipeline, snapshot, options);
        IEnumerable<string> damage = snapshot.Findings.Where(finding => finding.Severity == Severity.Damage)
            .Select(finding => finding.ToString());
        return report with { Damage = [.. report.Damage, .. damage], Notes = [.. emulation.Notes, .. report.Notes] };
    }

    private static TraceReport OfSynthetic(
        Emulation emulation, TraceRecorder recorder, IPipeline pipeline, ClusterSnapshot snapshot, TraceOptions options)
    {
        var ends = new TraceEnds(snapshot, options);
        (TraceEnd who, TraceEnd where) = (ends.Who(), ends.Where());
        SyntheticPacket packet = Packet(who, where, options);
        var link = new SyntheticLink(emulation.Topology);
        var bench = new TraceBench(emulation, recorder, pipeline);
        RecordState record = bench.Send(link.Frame(packet));
        TraceReport report = TraceConclusion.Of(emulation, recorder, in record, who.Name, where.Name);
        report = report with { Source = report.Source ?? where.Source?.ToString() };
        bool isAnswered = record.Verdict == Verdict.Forwarded && recorder.DeliveredPacket.Length > 0;
        SyntheticPacket? reply = isAnswered ? SyntheticPacket.ReplyTo(recorder.DeliveredPacket) : null;
        if (reply is null) return report;

        TraceTuple expected = report.Sent;
        RecordState back = bench.Send(link.Frame(reply));
        TraceReply way = TraceConclusion.Reply(recorder, in back);
        return report with { Reply = way, Sentence = report.Sentence + TraceConclusion.OfReply(way, expected) };
    }

    private static SyntheticPacket Packet(TraceEnd who, TraceEnd where, TraceOptions options)
    {
        (IpAddress source, IpAddress destination) = Addresses(who, where);
        byte protocol = options.Protocol != 0 ? options.Protocol : where.Protocol != 0 ? where.Protocol
            : IpProtocol.Tcp;
        if (protocol == IpProtocol.Icmp)
        {
            byte echo = source.IsV6 ? IpProtocol.Icmpv6 : IpProtocol.Icmp;
            return new SyntheticPacket(source, destination, options.SourcePort, options.SourcePort, echo);
        }

        ushort port = where.Port != 0 ? where.Port : options.Port;
        if (where.Port != 0 && options.Port != 0 && where.PortQuestion is not null) port = options.Port;
        if (port == 0)
            throw new InvalidDataException(
                $"--to {options.To}: which port? {where.PortQuestion ?? "name it with --port N"}");

        return new SyntheticPacket(source, destination, options.SourcePort, port, protocol);
    }

    private static (IpAddress Source, IpAddress Destination) Addresses(TraceEnd who, TraceEnd where)
    {
        foreach (IpAddress destination in where.Addresses)
        {
            foreach (IpAddress source in who.Addresses)
            {
                if (source.Family == destination.Family) return (source, destination);
            }
        }

        throw new InvalidDataException($"{who.Name} and {where.Name} have no address of the same family");
    }

    private static TraceReport OfCapture(
        Emulation emulation, TraceRecorder recorder, IPipeline pipeline, TraceOptions options,
        CancellationToken cancellation)
    {
        using CaptureReader reader = ReplayRunner.OpenAll(
            options.Replay, emulation.Topology, cancellation, out ImmutableArray<CaptureClock> clocks);
        CapturePoints? points = CapturePoints.Of(reader, emulation.State);
        CaptureRecord[] batch = new CaptureRecord[BatchSize];
        long passed = 0;
        while (!cancellation.IsCancellationRequested)
        {
            int count = reader.Read(batch.AsSpan(0, (int)Math.Min(BatchSize, options.Packet - passed)));
            if (count == 0) break;

            points?.Look();
            bool isLast = passed + count == options.Packet;
            int before = isLast ? count - 1 : count;
            for (int done = 0; done < before;) done += pipeline.Process(batch.AsSpan(done, before - done));
            passed += count;
            if (!isLast) continue;

            RecordState record = new TraceBench(emulation, recorder, pipeline).Send(batch.AsSpan(before, 1));
            string source = recorder.Sent?.Src ?? "its sender";
            string? damage = reader.Damage is { } text ? text.ToString() : null;
            TraceReport report = TraceConclusion.Of(
                emulation, recorder, in record, source, recorder.Sent?.Dst ?? "its receiver");
            return report with { Damage = damage is null ? [] : [damage], Notes = [.. CaptureClocks.NotesOf(clocks)] };
        }

        cancellation.ThrowIfCancellationRequested();
        throw new InvalidDataException($"--packet {options.Packet}: {reader.Name} has {passed} packets");
    }
}
