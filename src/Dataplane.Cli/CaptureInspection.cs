using System.Globalization;
using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Cli;

/// <summary>Reads a capture once and sums it up.</summary>
public static class CaptureInspection
{
    private const int RecordsAtOnce = 256;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static CaptureSummary Summarise(
        CaptureReader reader, string format, IReadOnlySet<IpAddress>? known, CancellationToken cancellation)
    {
        var sums = new Sums();
        var records = new CaptureRecord[RecordsAtOnce];
        for (int count = reader.Read(records); count > 0; count = reader.Read(records))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ref readonly CaptureRecord record in records.AsSpan(0, count)) sums.Add(record, known);
        }

        return new CaptureSummary
        {
            Name = reader.Name,
            Format = format,
            Interfaces = [.. reader.Interfaces.Select((one, index) => new InterfaceSummary(
                one.Name, one.LinkType.ToString(), one.SnapLength, sums.PerInterface.GetValueOrDefault(index)))],
            Packets = sums.Packets,
            Bytes = sums.Bytes,
            Cut = sums.Cut,
            First = sums.Packets > 0 ? Time(sums.First) : null,
            Last = sums.Packets > 0 ? Time(sums.Last) : null,
            Seconds = sums.Packets > 0 ? (sums.Last - sums.First) / (double)NanosecondsPerSecond : 0,
            Addresses = known is null ? null : sums.Addresses(),
            Damage = reader.Damage is { } damage
                ? string.Create(CultureInfo.InvariantCulture, $"{reader.Name}: offset {damage.Offset}: {damage.Text}")
                : null,
        };
    }

    private static string Time(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, NanosecondsPerSecond);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + NanosecondsPerSecond);
        string second = DateTime.UnixEpoch.AddSeconds(seconds)
            .ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{second}.{rest:D9}Z");
    }

    private sealed class Sums
    {
        private long _bothKnown;
        private long _sourceKnown;
        private long _destinationKnown;
        private long _neitherKnown;

        public Dictionary<int, long> PerInterface { get; } = [];

        public long Packets { get; private set; }

        public long Bytes { get; private set; }

        public long Cut { get; private set; }

        public long First { get; private set; } = long.MaxValue;

        public long Last { get; private set; } = long.MinValue;

        public AddressCounts Addresses() => new(
            _bothKnown,
            _sourceKnown,
            _destinationKnown,
            _neitherKnown,
            Packets - _bothKnown - _sourceKnown - _destinationKnown - _neitherKnown);

        public void Add(in CaptureRecord record, IReadOnlySet<IpAddress>? known)
        {
            Packets++;
            Bytes += record.OriginalLength;
            if (record.CapturedLength < record.OriginalLength) Cut++;
            First = Math.Min(First, record.Timestamp);
            Last = Math.Max(Last, record.Timestamp);
            PerInterface[record.Interface] = PerInterface.GetValueOrDefault(record.Interface) + 1;
            if (known is null) return;
            if (!OuterAddresses.TryRead(record.Bytes, record.LinkType, out IpAddress source, out IpAddress destination))
                return;

            switch (known.Contains(source), known.Contains(destination))
            {
                case (true, true): _bothKnown++; break;
                case (true, false): _sourceKnown++; break;
                case (false, true): _destinationKnown++; break;
                default: _neitherKnown++; break;
            }
        }
    }
}
