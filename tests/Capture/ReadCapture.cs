using Dataplane.Capture;
using Dataplane.Wire;

namespace Dataplane.Tests.Capture;

/// <summary>A record that outlives its reader.</summary>
internal sealed record KeptRecord(
    long Timestamp, string Frame, int OriginalLength, int Interface, LinkType LinkType, CaptureDirection Direction);

/// <summary>Reads a capture to its end, keeping the records.</summary>
internal static class ReadCapture
{
    public static List<KeptRecord> All(CaptureReader reader, int atOnce = 64)
    {
        List<KeptRecord> kept = [];
        CaptureRecord[] records = new CaptureRecord[atOnce];
        for (int count; (count = reader.Read(records)) > 0;)
        {
            foreach (ref readonly CaptureRecord record in records.AsSpan(0, count))
            {
                kept.Add(new KeptRecord(
                    record.Timestamp,
                    Convert.ToHexStringLower(record.Bytes),
                    record.OriginalLength,
                    record.Interface,
                    record.LinkType,
                    record.Direction));
            }
        }

        return kept;
    }

    /// <summary>Counts records and touches every byte of them.</summary>
    public static long Count(CaptureReader reader, CaptureRecord[] records)
    {
        long total = 0;
        long sum = 0;
        for (int count; (count = reader.Read(records)) > 0; total += count)
        {
            foreach (ref readonly CaptureRecord record in records.AsSpan(0, count))
            {
                foreach (byte octet in record.Bytes) sum += octet;
            }
        }

        return sum < 0 ? -1 : total;
    }
}
