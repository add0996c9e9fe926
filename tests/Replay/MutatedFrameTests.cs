using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Golden;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Replay;

/// <summary>Frames that real systems sent, damaged in every way that a seed can think of, through two nodes.</summary>
public sealed unsafe class MutatedFrameTests
{
    private const int Rounds = 20;
    private const int FramesInRound = 10_000;
    private const byte Guard = 0xA5;
    private const int GuardSize = 64;

    [Fact]
    public void Two_hundred_thousand_damaged_frames_all_get_a_verdict_and_touch_no_byte_beside_them()
    {
        byte[][] originals = [.. Originals()];
        using Emulation emulation = Emulation.Compile(
            WideCluster.Snapshot(), new ReplayOptions { Settings = [.. WideCluster.Settings] });
        var random = new Random(20260923);
        for (int round = 0; round < Rounds; round++) Process(new ObservedRun(), emulation, originals, random);

        RunCounters counters = emulation.State.Counters;
        Assert.Equal(Rounds * FramesInRound, counters.Records);
        long verdicts = Enum.GetValues<Verdict>()
            .Where(verdict => verdict != Verdict.None).Sum(verdict => counters[verdict]);
        Assert.Equal(Rounds * FramesInRound, verdicts);
        Assert.True(counters[Verdict.Forwarded] > Rounds * FramesInRound / 4,
            $"only {counters[Verdict.Forwarded]} got through");
        Assert.True(counters.Encapsulated > 5_000 && counters.Decapsulated > 5_000,
            $"{counters.Encapsulated} entered the tunnel, {counters.Decapsulated} left it");
    }

    [Fact]
    public void What_nodes_put_around_damaged_frames_is_whole()
    {
        byte[][] originals = [.. Inner()];
        using Emulation emulation = Emulation.Compile(
            WideCluster.Snapshot(), new ReplayOptions { Settings = [.. WideCluster.Settings] });
        var run = new ObservedRun();
        var random = new Random(42);
        Process(run, emulation, originals, random);

        ObservedFrame[] tunnelled = [.. run.Frames.Where(frame =>
            frame.Point == ObservationPoint.Wire && frame.Missing == 0 && IsTunnel(frame.Bytes))];
        Assert.True(tunnelled.Length > 500, $"{tunnelled.Length} tunnel frames");
        Assert.All(tunnelled, frame => Assert.Equal("", OuterFault(frame.Bytes)));
    }

    // Frames lie with guards between them, so that a write beside the input would be seen.
    private static void Process(ObservedRun run, Emulation emulation, byte[][] originals, Random random)
    {
        byte[][] frames = new byte[FramesInRound][];
        CaptureRecord[] records = new CaptureRecord[FramesInRound];
        for (int index = 0; index < FramesInRound; index++)
        {
            frames[index] = Damage(originals[random.Next(originals.Length)], random, out int missing);
            records[index] = new CaptureRecord
            {
                CapturedLength = frames[index].Length,
                OriginalLength = frames[index].Length + missing,
            };
        }

        using var bytes = new NativeArray<byte>(frames.Sum(frame => (long)frame.Length + GuardSize));
        new Span<byte>(bytes.Start, (int)bytes.Length).Fill(Guard);
        byte* at = bytes.Start;
        for (int index = 0; index < FramesInRound; index++)
        {
            frames[index].CopyTo(new Span<byte>(at, frames[index].Length));
            records[index].Data = at;
            records[index].LinkType = random.Next(20) == 0 ? (LinkType)random.Next(300) : LinkType.Ethernet;
            records[index].Timestamp = emulation.State.Counters.Records * 1_000_000L + index * 1_000L;
            at += frames[index].Length + GuardSize;
        }

        run.Process(emulation, records);
        for (int index = 0; index < FramesInRound; index++)
        {
            Assert.True(records[index].Bytes.SequenceEqual(frames[index]), "the input was written to");
            var guard = new ReadOnlySpan<byte>(records[index].Data + frames[index].Length, GuardSize);
            Assert.Equal(-1, guard.IndexOfAnyExcept(Guard));
        }
    }

    private static IEnumerable<byte[]> Originals() =>
        [.. Inner(), .. OverlayVariant.Load("vxlan-flannel").Decap.Select(overlay => ForLow(overlay.In))];

    private static IEnumerable<byte[]> Inner()
    {
        foreach (CapturedFrame frame in ThreeTier.Load().Sent.Where((_, index) => index % 50 == 0))
        {
            yield return frame.Bytes;
            yield return ToHigh(frame.Bytes);
        }

        foreach (string variant in new[] { "vxlan-flannel", "vxlan-misconf-frag", "vxlan-v6inner" })
        {
            foreach (OverlayCase overlay in OverlayVariant.Load(variant).Encap) yield return overlay.In;
        }

        yield return Eth().Ipv6("2001:db8::1", "9001:db8::2")
            .Extension(IpProtocol.HopByHop, [0, 1, 4, 0, 0, 0, 0]).Ipv6Fragment(0, true, 7).Udp(5, 6).Payload(64);
        yield return Eth().Ipv6("2001:db8::1", "9001:db8::2").Ipv6Fragment(64, false, 7, IpProtocol.Udp).Payload(64);
        yield return Eth().Ipv4("10.1.2.3", "192.168.0.1", fragment: Ipv4Header.MoreFragmentsFlag, id: 9)
            .Udp(53, 53).Payload(64);
        yield return Eth().Ipv4("10.1.2.3", "192.168.0.1", fragment: 9, id: 9, protocol: IpProtocol.Udp).Payload(1600);
        yield return Eth().Ipv4("10.1.2.3", "192.168.0.1").Tcp(1234, 80, TcpFlags.Syn, options: [2, 4, 5, 180]);
        yield return Eth().Ipv4("172.31.30.29", "10.1.2.3").Icmp(3, 3)
            .Payload(Ipv4("10.1.2.3", "172.31.30.29").Udp(53, 5353).Payload(32));
        yield return Eth().Ipv4("10.1.2.3", "172.16.0.1").Sctp(1, 2).Payload(32);
        yield return Eth().Vlan(5).Vlan(6).Ipv4("10.1.2.3", "172.16.0.1").Udp(1, 2).Payload(3000);
        yield return Eth().ArpRequest("02:00:00:00:00:01", "10.1.2.3", "0.0.0.1");
    }

    // The lab's pods are all of one half; these go to the other.
    private static byte[] ToHigh(byte[] frame)
    {
        byte[] moved = [.. frame];
        if (frame.Length > 34) moved[30] = 172;
        FixHeader(moved);
        return moved;
    }

    // The lab's outer addresses become this cluster's, so that the tunnel opens.
    private static byte[] ForLow(byte[] outer)
    {
        if (outer.Length < 34) return outer;

        byte[] moved = [.. outer];
        IpAddress.Parse("192.0.2.2").WriteTo(moved.AsSpan(26));
        IpAddress.Parse("192.0.2.1").WriteTo(moved.AsSpan(30));
        moved[40] = moved[41] = 0;
        FixHeader(moved);
        return moved;
    }

    private static byte[] Damage(byte[] original, Random random, out int missing)
    {
        missing = 0;
        byte[] frame = [.. original];
        for (int times = random.Next(4); times > 0 && frame.Length > 0; times--)
        {
            switch (random.Next(8))
            {
                case 0:
                    frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    frame[random.Next(Math.Min(frame.Length, 80))] = (byte)random.Next(256);
                    break;
                case 2:
                    frame = frame[..random.Next(frame.Length)];
                    break;
                case 3:
                    int kept = random.Next(frame.Length + 1);
                    missing += frame.Length - kept;
                    frame = frame[..kept];
                    break;
                case 4:
                    frame = [.. frame, .. new byte[random.Next(3000)]];
                    break;
                case 5 when frame.Length > 24:
                    frame[16 + random.Next(2)] = (byte)random.Next(256);
                    break;
                case 6 when frame.Length > 24:
                    frame[20 + random.Next(2)] = (byte)random.Next(256);
                    break;
                case 7 when frame.Length > 24:
                    frame[14] = (byte)(frame[14] & 0xF0 | random.Next(16));
                    frame[23] =
                        random.Next(3) switch { 0 => IpProtocol.Icmp, 1 => IpProtocol.Sctp, _ => IpProtocol.Udp };
                    break;
            }
        }

        if (random.Next(4) != 0) FixHeader(frame);
        return frame;
    }

    // Most damage should not end at the header's checksum.
    private static void FixHeader(byte[] frame)
    {
        if (frame.Length < 34 || frame[12] != 8 || frame[13] != 0) return;

        int size = (frame[14] & 15) * 4;
        if (size < 20 || frame.Length < 14 + size) return;

        frame[24] = frame[25] = 0;
        ushort checksum = InternetChecksum.Finish(InternetChecksum.Sum(frame.AsSpan(14, size)));
        BitConverter.TryWriteBytes(frame.AsSpan(24), checksum);
    }

    private static bool IsTunnel(byte[] frame) =>
        frame.Length > 64 && frame[23] == IpProtocol.Udp && frame[36] == 8472 >> 8 && frame[37] == (8472 & 255)
        && (frame[20] & 0x3F) == 0 && frame[21] == 0
        && IpAddress.FromBytes(frame.AsSpan(26, 4)).ToString().StartsWith("192.0.2.", StringComparison.Ordinal);

    // By views and sums over the whole of what lies there, none of which the tunnel's own code uses.
    private static string OuterFault(byte[] frame)
    {
        if (Ipv4View.TryParse(frame.AsSpan(14), out Ipv4View ip) != WireError.None) return "outer IP";
        if (!ip.HasGoodChecksum) return "outer IP checksum";
        if (UdpView.TryParse(ip.Payload, out UdpView udp) != WireError.None) return "outer UDP";
        if (udp.Payload.Length + 8 != ip.Payload.Length) return "outer UDP length";
        if (ip.Payload[6] == 0 && ip.Payload[7] == 0) return "";

        uint sum = 17 + (uint)ip.Payload.Length;
        for (int at = 26; at < 34; at += 2) sum += (uint)(frame[at] << 8 | frame[at + 1]);
        for (int at = 0; at < ip.Payload.Length; at++) sum += (uint)(ip.Payload[at] << (at % 2 == 0 ? 8 : 0));
        while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
        return sum == 0xFFFF ? "" : $"outer UDP checksum: {Convert.ToHexString(frame)}";
    }
}
