using System.Collections.Immutable;
using Dataplane.Replay.Diff;

namespace Dataplane.Cli;

/// <summary>Differences in the manner of <c>diff -u</c>: a minus is ours, a plus the reference.</summary>
public sealed class DiffText(TextWriter output, Style style, string ours, string reference) : IDiffOutput
{
    private const int ShownNumbers = 20;
    private const int Width = 80;

    private readonly TextWriter _output = output;
    private readonly Style _style = style;
    private readonly string _ours = ours;
    private readonly string _reference = reference;
    private long _frame;

    public void Difference(FieldDifference difference)
    {
        if (_frame == 0)
        {
            _output.WriteLine(_style.Bold($"--- {_ours}"));
            _output.WriteLine(_style.Bold($"+++ {_reference}"));
        }

        if (_frame != difference.Frame)
        {
            _frame = difference.Frame;
            string other = difference.ReferenceFrame == difference.Frame ? "" : $", reference {difference.ReferenceFrame}";
            _output.WriteLine($"@@ frame {difference.Frame}{other} @@");
        }

        if (difference.Ours is not null) _output.WriteLine(_style.Bad($"-{difference.Field}: {difference.Ours}"));
        if (difference.Reference is not null) _output.WriteLine(_style.Good($"+{difference.Field}: {difference.Reference}"));
    }

    public void End(DiffSummary summary)
    {
        Unmatched("only in ours", summary.OnlyOurs);
        Unmatched("only in the reference", summary.OnlyReference);
        _output.WriteLine($"{Quantity.Count(summary.Compared)} frames compared, {Quantity.Count(summary.Equal)} equal, "
            + $"{Quantity.Count(summary.Compared - summary.Equal)} different");

        IgnoredField[] seen = [.. summary.Ignored.Where(ignored => ignored.Frames > 0)];
        if (seen.Length > 0)
        {
            _output.WriteLine("ignored where they differ (field, frames):");
            foreach (IgnoredField ignored in seen) _output.WriteLine($"  {ignored.Field} {Quantity.Count(ignored.Frames)}");
        }

        string[] quiet = [.. summary.Ignored.Where(ignored => ignored.Frames == 0).Select(ignored => ignored.Field)];
        if (quiet.Length > 0) WriteWrapped("also ignored, without a difference:", quiet);
    }

    public void Fault(FrameFault fault) => _output.WriteLine(_style.Bad($"frame {fault.Frame}: {fault.Fault}"));

    public void End(DissectSummary summary)
    {
        string verdict = $"{Quantity.Count(summary.Frames)} frames, {Quantity.Count(summary.Good)} good, "
            + $"{Quantity.Count(summary.Faults)} faults";
        _output.WriteLine(summary.Faults == 0 ? _style.Good(verdict) : _style.Bad(verdict));
        _output.WriteLine($"{Quantity.Count(summary.Tunnelled)} frames dissect as a tunnel's");
        if (summary.InputFaults > 0)
            _output.WriteLine($"{Quantity.Count(summary.InputFaults)} faults were in the input already and do not count");
        if (summary.AboveTransport > 0)
        {
            _output.WriteLine($"{Quantity.Count(summary.AboveTransport)} faults above the transport do not count "
                + "(--input IN compares them with the input's)");
        }

        if (summary.Cut > 0)
            _output.WriteLine($"{Quantity.Count(summary.Cut)} frames are cut by a snap length: their checksums cannot be checked");
    }

    private void WriteWrapped(string heading, string[] names)
    {
        _output.Write(heading);
        int column = Width;
        foreach (string name in names)
        {
            bool wrap = column + name.Length + 2 > Width;
            _output.Write(wrap ? $"\n  {name}" : $", {name}");
            column = wrap ? name.Length + 2 : column + name.Length + 2;
        }

        _output.WriteLine();
    }

    private void Unmatched(string where, ImmutableArray<long> frames)
    {
        if (frames.IsEmpty) return;

        string more = frames.Length > ShownNumbers ? $" and {Quantity.Count(frames.Length - ShownNumbers)} more" : "";
        _output.WriteLine($"{where}: {Quantity.Count(frames.Length)} frames ({string.Join(", ", frames.Take(ShownNumbers))}{more})");
    }
}
