using System.Collections.Immutable;
using System.Globalization;

namespace Dataplane.Replay.Diff;

/// <summary>Checks that tshark dissects every frame of a capture to its end, with good checksums and lengths.</summary>
public static class DissectCheck
{
    public static DissectSummary Run(
        DissectOptions options,
        Action<string> showCommand,
        Action<FrameFault> fault,
        CancellationToken cancellation,
        Action<long>? read = null)
    {
        ImmutableArray<TunnelPort> decodeAs = TunnelPort.ForDecodeAs(options.TunnelPorts);
        ImmutableArray<TunnelPort> ports =
            [.. options.TunnelPorts.Concat(TunnelPort.WellKnown).DistinctBy(port => port.Port)];
        Dictionary<long, HashSet<string>>? known = options.Input is { } input
            ? FaultsOf(input, decodeAs, ports, showCommand, cancellation)
            : null;

        using var reader = new PdmlReader(options.Capture, decodeAs, showCommand, cancellation);
        var summary = new DissectSummary();
        while (reader.Read() is { } frame)
        {
            cancellation.ThrowIfCancellationRequested();
            read?.Invoke(frame.Number);
            summary = Count(summary, frame, FrameFaults.Find(frame, ports), known, fault);
        }

        return summary with { Damage = [.. new[] { reader.Damage }.OfType<string>()] };
    }

    private static DissectSummary Count(
        DissectSummary sums,
        DissectedFrame frame,
        List<DissectionFault> found,
        Dictionary<long, HashSet<string>>? known,
        Action<FrameFault> fault)
    {
        HashSet<string>? input = known?.GetValueOrDefault(PacketId(frame));
        long counted = 0;
        long fromInput = 0;
        long above = 0;
        foreach (DissectionFault one in found)
        {
            if (input is not null && input.Contains(one.Kind)) fromInput++;
            else if (one.AboveTransport && known is null) above++;
            else
            {
                counted++;
                fault(new FrameFault(frame.Number, one.Text));
            }
        }

        return sums with
        {
            Frames = sums.Frames + 1,
            Good = sums.Good + (counted == 0 ? 1 : 0),
            Faults = sums.Faults + counted,
            InputFaults = sums.InputFaults + fromInput,
            AboveTransport = sums.AboveTransport + above,
            Tunnelled = sums.Tunnelled + (frame.InnerStart > 0 ? 1 : 0),
            Cut = sums.Cut + (FrameFaults.IsCut(frame) ? 1 : 0),
        };
    }

    /// <summary>Only faulty records are kept.</summary>
    private static Dictionary<long, HashSet<string>> FaultsOf(
        string capture,
        ImmutableArray<TunnelPort> decodeAs,
        ImmutableArray<TunnelPort> ports,
        Action<string> showCommand,
        CancellationToken cancellation)
    {
        Dictionary<long, HashSet<string>> faults = [];
        using var reader = new PdmlReader(capture, decodeAs, showCommand, cancellation);
        while (reader.Read() is { } frame)
        {
            cancellation.ThrowIfCancellationRequested();
            List<DissectionFault> found = FrameFaults.Find(frame, ports);
            if (found.Count > 0) faults.Add(frame.Number, [.. found.Select(one => one.Kind)]);
        }

        return faults;
    }

    /// <summary>0 where the frame does not name the record that it came of.</summary>
    private static long PacketId(DissectedFrame frame)
    {
        string text = frame.Find("frame.packet_id") ?? "";
        bool hex = text.StartsWith("0x", StringComparison.Ordinal);
        return long.TryParse(
            hex ? text.AsSpan(2) : text,
            hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out long id) ? id : 0;
    }
}
