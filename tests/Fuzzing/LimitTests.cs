using System.IO.Compression;
using Dataplane.Capture;
using Dataplane.Cluster.Settings;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Capture;
using Dataplane.Tests.Golden;
using Dataplane.Tests.Replay;
using Dataplane.Wire;
using Xunit;
using static Dataplane.Tests.Packets.Packet;

namespace Dataplane.Tests.Fuzzing;

/// <summary>What hostile input can push ends at a limit that can be set, and is said.</summary>
public class LimitTests
{
    [Fact]
    public void A_capture_that_gives_every_packet_a_new_IPv6_address_fills_no_memory()
    {
        CapturedFrame[] frames = [.. Enumerable.Range(1, 500).Select(client => new CapturedFrame(
            client, Eth().Ipv6($"2001:db8::{client:x}", "9001:db8::1").Udp(5, 6).Payload(10)))];
        using Emulation emulation = Emulation.Compile(
            WideCluster.Snapshot(), new ReplayOptions { Settings = [.. WideCluster.Settings, "limit.addresses=100"] });

        ObservedRun.Of(emulation, frames);

        RunCounters counters = emulation.State.Counters;
        Assert.InRange(emulation.Topology.Names.Count, 1, 100);
        Assert.True(emulation.Topology.Names.Refused > 300, $"{emulation.Topology.Names.Refused} refused");
        Assert.True(counters[Verdict.Forwarded] > 50, $"{counters[Verdict.Forwarded]} forwarded");
        Assert.Equal(500, counters[Verdict.Forwarded] + counters[Verdict.Dropped]);
        Assert.Equal(counters[Verdict.Dropped],
            counters.Drops().Where(drop => drop.Reason == DropReason.NoBuffer).Sum(drop => drop.Tally.Packets));
    }

    [Fact]
    public void Addresses_without_a_Pod_are_learnt_up_to_the_limit()
    {
        using var set = new AddressSet { Limit = 2 };
        foreach (uint name in (uint[])[1, 2, 3, 2, 4]) set.Add(name, 4);

        Assert.True(set.Contains(2, 4));
        Assert.False(set.Contains(3, 4));
        Assert.Equal(2, set.Refused);
    }

    [Fact]
    public void A_gigabyte_of_nothing_in_a_megabyte_is_damage_not_a_wait()
    {
        byte[] bomb = Gzip(new CaptureBytes().PcapHeader().ToArray(), zeros: 64 << 20);
        using CaptureReader reader = CaptureFile.Open(
            new MemoryStream(bomb), "bomb.gz", new CaptureReadOptions { LargestExpansion = 100 });
        ReadCapture.All(reader);

        Assert.Matches(@"compressed bytes became \d+, more than 100 each \(limit.expansion\)", reader.Damage?.Text);
        Assert.InRange(reader.Position, 0, 8 << 20);
    }

    [Fact]
    public void Preloading_stops_at_its_limit()
    {
        byte[] bomb = Gzip(new CaptureBytes().PcapHeader().ToArray(), zeros: 8 << 20);
        var options = new CaptureReadOptions { Preload = true, LargestPreload = 1 << 20 };

        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            CaptureFile.Open(new MemoryStream(bomb), "bomb.gz", options));
        Assert.Equal("bomb.gz: more than the 1 MiB that --preload may hold (limit.preload): read it without preloading",
            error.Message);
    }

    [Theory]
    [InlineData("limit.addresses=0", "setting limit.addresses=0: allowed is 1 to 536870912")]
    [InlineData("limit.unlisted=x", "setting limit.unlisted=x: allowed is 0 to 536870912")]
    [InlineData("limit.expansion=0", "setting limit.expansion=0: allowed is 1 to 536870912")]
    [InlineData("limit.preload=-1", "setting limit.preload=-1: allowed is 1 to 536870912")]
    public void A_limit_that_is_none_is_refused(string pair, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => EmulationSettings.Parse([pair])).Message);

    private static byte[] Gzip(byte[] start, int zeros)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(start);
            gzip.Write(new byte[zeros]);
        }

        return bytes.ToArray();
    }
}
