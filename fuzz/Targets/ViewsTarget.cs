using Dataplane.Wire;

namespace Dataplane.Fuzz.Targets;

/// <summary>Every checked view: the first byte says which, the others lie in front of a guard page.</summary>
internal static class ViewsTarget
{
    private const int Longest = 1 << 16;

    private static readonly GuardedBytes Memory = new(Longest);

    private delegate void Reading(ReadOnlySpan<byte> bytes);

    private static readonly Reading[] Views =
    [
        Read<EthernetView>, Read<VlanView>, Read<LlcView>, Read<ArpView>, Read<Ipv4View>, Read<Ipv6View>, Read<UdpView>,
        Read<TcpView>, Read<SctpView>, Read<IcmpView>, Read<NeighborDiscoveryView>, Read<VxlanView>, Read<GeneveView>,
        Read<LinuxSllView>, Read<LinuxSll2View>, Read<LoopbackView>,
    ];

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || input.Length > Longest) return;

        Views[input[0] % Views.Length](Memory.Place(input[1..]));
    }

    /// <summary>Each frame of the captures, from each place where some view begins.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        int[] starts = [0, 14, 14, 14, 14, 14, 34, 34, 34, 34, 54, 42, 42, 0, 0, 0];
        foreach (byte[] frame in SeedFiles.Frames())
        {
            for (int view = 0; view < Views.Length; view++)
            {
                if (frame.Length > starts[view]) yield return [(byte)view, .. frame[starts[view]..]];
            }
        }
    }

    private static void Read<TView>(ReadOnlySpan<byte> bytes) where TView : struct, IWireView<TView>, allows ref struct
    {
        WireError error = TView.TryParse(bytes, out TView view);
        if (error == WireError.None)
        {
            Expect.That(bytes.Length >= TView.MinSize, $"{typeof(TView).Name} took {bytes.Length} bytes");
            EveryProperty<TView>.Read(ref view);
        }
    }
}
