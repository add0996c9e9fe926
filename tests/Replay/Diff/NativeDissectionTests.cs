using System.IO.Compression;
using Dataplane.Replay.Diff;
using Dataplane.Replay.Diff.Native;
using Dataplane.Tests.Packets;
using Xunit;

namespace Dataplane.Tests.Replay.Diff;

/// <summary>
/// tshark judges our own dissection: what we call a field is a field of tshark's that shows the same.
/// </summary>
public sealed class NativeDissectionTests : IDisposable
{
    /// <summary>Names of ours that tshark does not have, or gives another meaning.</summary>
    private static readonly string[] Own =
    [
        "icmp.quoted", "icmp.mtu", "data.data", "data.len", "sctp.chunks", "ip.options", "null.family", "icmpv6.opt",
    ];

    private readonly Captures _captures = new();

    public void Dispose() => _captures.Dispose();

    [Theory]
    [InlineData("10-overlay/vxlan-flannel/live-n1-eth0.pcap.gz")]
    [InlineData("10-overlay/vxlan-v6inner/live-n1-eth0.pcap.gz")]
    [InlineData("10-overlay/vxlan-v6inner/live-p1a.pcap.gz")]
    [InlineData("10-overlay/vxlan-v6underlay/live-n1-eth0.pcap.gz")]
    [InlineData("10-overlay/ipip-calico/live-n1-eth0.pcap.gz")]
    [InlineData("10-overlay/geneve-kernel/live-n1-eth0.pcap")]
    [InlineData("21-ovn/underlay-h1.pcap")]
    [InlineData("21-ovn/pod-a.pcap")]
    public void Every_field_is_one_of_tsharks_and_shows_the_same(string golden)
    {
        string path = Unpack(golden);
        using var native = new NativeReader(path, [], keepRecords: false);
        using var tshark = new PdmlReader(path, TunnelPort.ForDecodeAs([]), _ => { });
        HashSet<string> wrong = [];
        long fields = 0;
        while (native.Read() is { } ours)
        {
            DissectedFrame theirs = tshark.Read()!;

            // The last fragment holds, to tshark, the whole packet.
            int ip = ours.InnerStart > 0 ? ours.InnerStart : 1;
            bool reassembled = theirs.Fields.Any(field =>
                field.Name.EndsWith(".reassembled.length", StringComparison.Ordinal));
            HashSet<(string, string)> shown =
                [.. theirs.Fields.Select(field => (theirs.QualifiedName(field), field.Show))];
            foreach (DissectedField field in ours.Fields)
            {
                if (Own.Contains(field.Name) || field.Name.StartsWith("frame.", StringComparison.Ordinal)) continue;
                if (reassembled && field.Layer > ip) continue;

                fields++;
                string name = ours.QualifiedName(field);
                if (!shown.Contains((name, field.Show)))
                    wrong.Add($"{name}, frame {ours.Number}: {field.Show} | {theirs.Find(field.Name)}");
            }
        }

        Assert.Null(tshark.Read());
        Assert.Empty(wrong.Take(10));
        Assert.NotEqual(0, fields);
    }

    [Fact]
    public void Hostile_captures_are_dissected_without_a_throw()
    {
        if (!SharedFolder.TryFind("suites/pcaps", out string suites))
            Assert.Skip("../shared/suites/pcaps is not there");

        long frames = 0;
        foreach (string path in Directory.EnumerateFiles(suites, "*.pcap*", SearchOption.AllDirectories)
            .Order().Take(300))
        {
            try
            {
                using var reader = new NativeReader(path, [], keepRecords: false);
                while (frames < 200_000 && reader.Read() is not null) frames++;
            }
            catch (InvalidDataException)
            {
                // Not a capture: said in one line.
            }
        }

        Assert.True(frames > 1000);
    }

    private string Unpack(string golden)
    {
        Captures.RequireTshark();
        if (!SharedFolder.TryFind("golden/" + golden, out string path)) Assert.Skip("../shared/golden is not there");
        if (!path.EndsWith(".gz", StringComparison.Ordinal)) return path;

        using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return _captures.Write("golden.pcap", bytes.ToArray());
    }
}
