using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Replay;
using Dataplane.Tests.Cluster.Cni;
using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Random frames through a real flannel-style vxlan device and through the emulated one: the same bytes at every point.
/// </summary>
public sealed class KernelVxlanOracleTests
{
    private const int Frames = 400;

    /// <summary>A node sends 50 ICMP errors at once and then one a millisecond (net.ipv4.icmp_msgs_per_sec).</summary>
    private const int FramesBetweenPauses = 2;

    [Theory]
    [InlineData("vxlan-flannel", 1)]
    [InlineData("vxlan-podmtu1500", 2)]
    [InlineData("vxlan-tos-inherit", 3)]
    [InlineData("vxlan-ttl-inherit", 4)]
    [InlineData("vxlan-noudpcsum", 5)]
    public void The_emulation_puts_the_kernel_s_bytes_on_every_link(string variant, int seed)
    {
        OverlaySetup setup = OverlayVariant.Load(variant).Setup;
        using KernelVxlanLab lab = BuildOrSkip(setup);
        List<byte[]> frames = new RandomFrames(setup, seed).Take(Frames);
        (ClusterSnapshot snapshot, string[] settings) = OverlayLab.Load(OverlayLab.Folder(variant)!);
        using var emulation = Emulation.Compile(snapshot, new ReplayOptions { Settings = [.. settings] });

        Capture kernel = Send(frames);
        SeenFrames ours = SeenFrames.Run(emulation, frames);

        for (int node = 0; node < 2; node++)
        {
            AssertSame($"eth0 of node {node + 1}", kernel.Wire[node], ours.At(ObservationPoint.Wire, node));
            AssertSame($"flannel.1 of node {node + 1}", kernel.Tunnel[node], ours.At(ObservationPoint.Tunnel, node));
        }

        AssertSame("the sending pod", kernel.Sender, ours.AtPod(emulation, "p1a"));
        AssertSame("the receiving pod", kernel.Receiver, ours.AtPod(emulation, "p2a"));
        Assert.True(kernel.Receiver.Count > Frames / 2 && kernel.Sender.Count > Frames / 20, $"only {kernel}");
    }

    private static KernelVxlanLab BuildOrSkip(OverlaySetup setup)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "needs root: network namespaces, packet sockets");
        try
        {
            return new KernelVxlanLab(setup);
        }
        catch (Exception missing) when (missing is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"this machine cannot build the lab: {missing.Message}");
            throw;
        }
    }

    private static Capture Send(List<byte[]> frames)
    {
        using PacketSocket sender = KernelVxlanLab.Open("p1a", "eth0");
        using PacketSocket wire1 = KernelVxlanLab.Open("n1", "eth0");
        using PacketSocket wire2 = KernelVxlanLab.Open("n2", "eth0");
        using PacketSocket tunnel1 = KernelVxlanLab.Open("n1", "flannel.1");
        using PacketSocket tunnel2 = KernelVxlanLab.Open("n2", "flannel.1");
        using PacketSocket receiver = KernelVxlanLab.Open("p2a", "eth0");
        for (int index = 0; index < frames.Count; index++)
        {
            sender.Send(frames[index]);
            if (index % FramesBetweenPauses == 0) Thread.Sleep(1);
        }

        return new Capture(
            [wire1.Receive(outgoing: true), wire2.Receive(outgoing: true)],
            [tunnel1.Receive(outgoing: null), tunnel2.Receive(outgoing: null)],
            sender.Receive(outgoing: false),
            receiver.Receive(outgoing: false));
    }

    // Frames are compared without their order: two processors may carry neighbours.
    private static void AssertSame(string where, IEnumerable<byte[]> kernel, IEnumerable<byte[]> ours)
    {
        List<string> expected = [.. kernel.Select(Fair)];
        List<string> actual = [.. ours.Select(Fair)];
        foreach (string frame in actual.ToList())
        {
            if (expected.Remove(frame)) actual.Remove(frame);
        }

        Assert.True(
            expected.Count + actual.Count == 0,
            $"{where}: {expected.Count} frames only of the kernel, {actual.Count} only of the emulation; "
            + "the first of each:\n"
            + $"{expected.FirstOrDefault()}\n{actual.FirstOrDefault()}");
    }

    private static string Fair(byte[] frame) => Convert.ToHexStringLower(FairFrame.Normalize(frame));

    private sealed record Capture(
        List<byte[]>[] Wire, List<byte[]>[] Tunnel, List<byte[]> Sender, List<byte[]> Receiver)
    {
        public override string ToString() => $"{Receiver.Count} frames arrived, and {Sender.Count} answers came back";
    }
}
