using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Packets;
using Dataplane.Tests.Replay;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// node-a of the services' lab, emulated with kube-proxy's iptables rules; its draws come from a seed.
/// </summary>
internal sealed class EmulatedNode : IServiceNode, IDisposable
{
    private const long Millisecond = 1_000_000;

    private static readonly byte[] OtherTunnel = Convert.FromHexString(
        ServiceLab.OtherTunnelMac.Replace(":", "", StringComparison.Ordinal));

    private readonly Emulation _emulation;
    private long _now = 1_700_000_000_000_000_000;

    public EmulatedNode(ClusterSnapshot cluster, IEnumerable<string> settings, int seed) =>
        _emulation = Emulation.Compile(
            cluster,
            new ReplayOptions
            {
                Proxy = "iptables",
                Node = ServiceLab.Node,
                Entry = ServiceLab.Node,
                Settings = [.. settings, $"seed={seed}"],
            });

    public List<Sighting> Play(IReadOnlyList<PlacedPacket> packets)
    {
        CapturedFrame[] frames =
            [.. packets.Select(packet => new CapturedFrame(_now += Millisecond, Captured(packet)))];
        ObservedRun run = ObservedRun.Of(_emulation, frames);
        List<Sighting> seen = [];
        foreach (ObservedFrame frame in run.Frames.Where(IsOnItsWayOut))
        {
            if (Sighting.At(PlaceOf(frame), frame.Bytes.AsSpan(14)) is { } found) seen.Add(found);
        }

        HashSet<int> shown = [.. seen.Select(one => one.Number)];
        for (int index = 0; index < packets.Count; index++)
        {
            int number = ServicePacket.Read(packets[index].Bytes)!.Number;
            if (shown.Contains(number)) continue;

            RecordState record = run.Records[index];
            if (record.Verdict == Verdict.Forwarded) seen.Add(Sighting.Delivered(number));
            else if (record.Drop is DropReason.NoBackend or DropReason.RejectedByRule)
                seen.Add(Sighting.RefusedLocally(number));
            else if (record.Verdict != Verdict.Dropped)
                seen.Add(new Sighting(number, $"{record.Verdict}: {record.Ignored}", null));
        }

        return Sighting.WithoutAnswersOfTheNode(seen);
    }

    public void Dispose() => _emulation.Dispose();

    /// <summary>The tunnel's device shows what comes in, too.</summary>
    private static bool IsOnItsWayOut(ObservedFrame frame) =>
        frame.Point != ObservationPoint.Drop && !frame.Bytes.AsSpan(6, 6).SequenceEqual(OtherTunnel);

    /// <summary>What the tunnel's veth brings to the kernel comes in its tunnel here.</summary>
    private static byte[] Captured(PlacedPacket packet)
    {
        PacketBuilder frame = ServiceLab.Frame(packet.Place, packet.Bytes);
        if (packet.Place != ServiceLab.Tunnel) return frame;

        return Eth(ServiceLab.OtherNodeMac, ServiceLab.NodeMac)
            .Ipv4(ServiceLab.NodeB, ServiceLab.NodeA).Udp(40000, 8472).Vxlan(1).Payload(frame.Build());
    }

    private string PlaceOf(ObservedFrame frame) => frame.Point switch
    {
        ObservationPoint.Wire => ServiceLab.Outside,
        ObservationPoint.Tunnel => ServiceLab.Tunnel,
        _ when frame.Place < 0 => "an unlisted pod",
        _ => _emulation.Topology.Endpoints[frame.Place].Pod is >= 0 and int pod
            ? _emulation.Model.Pods[pod].Pod.Name
            : "an endpoint without a pod",
    };
}
