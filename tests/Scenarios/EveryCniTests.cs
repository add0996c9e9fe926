using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>What all CNIs must do alike, and where each is known to differ.</summary>
public class EveryCniTests
{
    private const int Frames = 500;
    private const int TtlOffset = 22;
    private const int ChecksumOffset = 24;

    /// <summary>
    /// CNI, settings, bytes that its tunnel adds, hops between pods of two nodes (FACTS 1.8, 2 to 5).
    /// </summary>
    public static TheoryData<string, string[], int, int> All => new()
    {
        { "flannel", [], 50, 2 },
        { "flannel", ["flannel.backend=host-gw"], 0, 2 },
        { "flannel", ["flannel.backend=ipip"], 20, 2 },
        { "calico", [], 20, 2 },
        { "calico", ["calico.ipip=Never"], 0, 2 },
        { "calico", ["calico.ipip=Never", "calico.vxlan=Always"], 50, 2 },
        { "cilium", [], 50, 1 },
        { "cilium", ["cilium.tunnel=geneve"], 50, 1 },
        { "openshift-sdn", [], 50, 0 },
        { "ovn-kubernetes", [], 58, 1 },
    };

    /// <summary>Those of <see cref="All"/> whose frames on the wire say which node they are for.</summary>
    public static IEnumerable<TheoryDataRow<string, string[], int, int>> Tunnelled =>
        All.Where(row => row.Data.Item3 > 0);

    [Theory]
    [MemberData(nameof(All))]
    public void A_packet_grows_by_the_tunnel_and_loses_the_hops_that_the_cni_takes(
        string cni, string[] settings, int overhead, int hops)
    {
        byte[] sent = RandomUdp(new Random(1));
        sent[TtlOffset] = 64;
        FixHeader(sent);
        using var run = new CniRun(cni, null, settings);
        byte[] wire = Assert.Single(run.Run([sent], ObservationPoint.Wire));
        using var again = new CniRun(cni, null, settings);
        byte[] delivered = Assert.Single(again.Run([sent], ObservationPoint.Pod));

        Assert.Equal((overhead, 64 - hops), (wire.Length - sent.Length, delivered[TtlOffset]));
    }

    [Theory]
    [MemberData(nameof(Tunnelled))]
    public void What_one_node_sends_the_other_takes_out_of_the_tunnel_as_it_was(
        string cni, string[] settings, int overhead, int hops)
    {
        var random = new Random(7);
        byte[][] sent = [.. Enumerable.Range(0, Frames).Select(_ => RandomUdp(random))];
        using var first = new CniRun(cni, "n1", settings);
        using var second = new CniRun(cni, "n2", settings);
        List<byte[]> wire = first.Run(sent, ObservationPoint.Wire);
        List<byte[]> delivered = second.Run(wire, ObservationPoint.Pod);

        Assert.Equal((Frames, Frames), (wire.Count, delivered.Count));
        Assert.True(wire.All(frame => frame.Length == sent[wire.IndexOf(frame)].Length + overhead));
        for (int number = 0; number < Frames; number++)
        {
            byte[] expected = [.. sent[number].AsSpan(EthernetHeader.Size)];
            byte[] got = [.. delivered[number].AsSpan(EthernetHeader.Size)];
            Assert.Equal(sent[number][TtlOffset] - hops, delivered[number][TtlOffset]);
            Assert.Equal(WithoutTtl(expected), WithoutTtl(got));
        }
    }

    [Theory]
    [MemberData(nameof(Tunnelled))]
    public void Both_nodes_together_deliver_what_each_alone_does(string cni, string[] settings, int overhead, int hops)
    {
        Assert.InRange(overhead + hops, 0, 60);
        var random = new Random(9);
        byte[][] sent = [.. Enumerable.Range(0, Frames).Select(_ => RandomUdp(random))];
        using var first = new CniRun(cni, "n1", settings);
        using var second = new CniRun(cni, "n2", settings);
        using var both = new CniRun(cni, null, settings);

        Assert.Equal(second.Run(first.Run(sent, ObservationPoint.Wire), ObservationPoint.Pod),
            both.Run(sent, ObservationPoint.Pod));
    }

    [Fact]
    public void One_capture_through_all_cnis_stands_side_by_side()
    {
        var options = new ReplayOptions { Manifests = [Pcaps("manifests.yaml")], Captures = [Pcaps("pod.pcap.gz")] };

        CniComparison compared = CniComparison.Run(
            options, ["flannel", "calico", "openshift-sdn"], new Quiet(), CancellationToken.None);

        Assert.Equal(["flannel", "calico", "openshift-sdn"], compared.Runs.Select(run => run.Report.Cni));
        Assert.Equal([(50, 2), (20, 2), (50, 0)], compared.Runs.Select(run => (run.Overhead, run.Hops)));
        foreach (CniOutcome run in compared.Runs)
        {
            Assert.Equal(413, run.Report.Packets);
            Assert.InRange(run.WireFrames, run.Report.Encapsulated, long.MaxValue);
        }

        Assert.True(compared.Runs[0].WireBytes > compared.Runs[1].WireBytes, "VXLAN costs more bytes than IPIP");
    }

    private static string Pcaps(string file) => Path.Combine(Architecture.SourceTree.Root, "pcaps", "two-nodes", file);

    private static byte[] RandomUdp(Random random)
    {
        byte[] payload = new byte[random.Next(0, 1200)];
        random.NextBytes(payload);
        byte[] frame = new byte[EthernetHeader.Size + 28 + payload.Length];
        Convert.FromHexString("0a580af401010a580af4010a0800").CopyTo(frame, 0);
        Convert.FromHexString("450000000000000040110000" + "0af4010a" + "0af40214").CopyTo(frame, EthernetHeader.Size);
        Span<byte> ip = frame.AsSpan(EthernetHeader.Size);
        Write(ip, 2, ip.Length);
        Write(ip, 4, random.Next(65536));
        // no CE: a tunnel would make ECT(0) of it outside only
        ip[1] = (byte)(random.Next(64) << 2 | random.Next(3));
        ip[8] = (byte)random.Next(3, 256);
        Write(ip, 20, random.Next(1024, 65536));
        Write(ip, 22, 4000);
        Write(ip, 24, ip.Length - 20);
        payload.CopyTo(frame, EthernetHeader.Size + 28);
        FixHeader(frame);
        return frame;
    }

    private static void FixHeader(byte[] frame)
    {
        frame[ChecksumOffset] = frame[ChecksumOffset + 1] = 0;
        uint sum = 0;
        for (int at = EthernetHeader.Size; at < EthernetHeader.Size + 20; at += 2)
            sum += (uint)(frame[at] << 8 | frame[at + 1]);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        Write(frame, ChecksumOffset, (ushort)~sum);
    }

    private static void Write(Span<byte> to, int at, int value)
    {
        to[at] = (byte)(value >> 8);
        to[at + 1] = (byte)value;
    }

    private static byte[] WithoutTtl(byte[] packet) => [.. packet[..8], .. packet[9..10], .. packet[12..]];

    private sealed class Quiet : IReplayObserver
    {
        public void Started(long totalBytes, long totalRecordsOrMinusOne)
        {
        }

        public void Progress(long packets, long bytesRead)
        {
        }

        public void Warn(string line)
        {
        }
    }
}
