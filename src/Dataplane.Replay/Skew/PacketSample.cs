using Dataplane.Capture;
using Dataplane.Core;
using Dataplane.Pipeline;
using Dataplane.Wire;

namespace Dataplane.Replay.Skew;

/// <summary>
/// When a capture shows which packets: all of them, or those whose print ends in so many zeros that they fit. Every
/// capture keeps the same ones, however large it is.
/// </summary>
internal sealed class PacketSample
{
    private const int Capacity = 1 << 16;
    private const int BatchSize = 256;

    private readonly Dictionary<ulong, Sample> _packets = [];
    private ulong _mask;

    public IReadOnlyDictionary<ulong, Sample> Packets => _packets;

    /// <summary>Reads the capture to its end, or so many records of it; 0: all.</summary>
    public static PacketSample Read(CaptureReader reader, Topology topology, long count, CancellationToken cancellation)
    {
        var sample = new PacketSample();
        CaptureRecord[] batch = new CaptureRecord[BatchSize];
        long left = count == 0 ? long.MaxValue : count;
        while (left > 0 && !cancellation.IsCancellationRequested)
        {
            int read = reader.Read(batch.AsSpan(0, (int)Math.Min(BatchSize, left)));
            if (read == 0) break;

            for (int index = 0; index < read; index++)
            {
                if (CapturedPacket.TryRead(in batch[index], topology, out CapturedPacket packet))
                    sample.Add(in packet, batch[index].Timestamp);
            }

            left -= read;
        }

        return sample;
    }

    private void Add(in CapturedPacket packet, long time)
    {
        if ((packet.Print & _mask) != 0) return;

        _packets[packet.Print] = _packets.TryGetValue(packet.Print, out Sample seen)
            ? seen with
            {
                Last = time,
                LastTtl = packet.Ttl,
                From = Known(seen.From, packet.From),
                To = Known(seen.To, packet.To),
            }
            : new Sample(time, time, packet.Ttl, packet.Ttl, packet.From, packet.To);
        if (_packets.Count > Capacity) Thin();
    }

    private void Thin()
    {
        _mask = _mask << 1 | 1;
        foreach (ulong print in _packets.Keys.Where(print => (print & _mask) != 0).ToList()) _packets.Remove(print);
    }

    private static ushort Known(ushort one, ushort other) => one == Lane.UnknownNode ? other : one;
}

/// <summary>
/// When and with which TTL a capture showed a packet first and last, and between which nodes it travels.
/// </summary>
internal readonly record struct Sample(long First, long Last, byte FirstTtl, byte LastTtl, ushort From, ushort To);
