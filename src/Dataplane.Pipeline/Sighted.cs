using System.Runtime.InteropServices;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Pipeline;

/// <summary>A packet that a capture has shown, and how often each point has shown it.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal unsafe struct Sighted
{
    /// <summary>Two cache lines.</summary>
    public const int Size = 128;

    private const int MaxPoints = 12;

    public ulong Print;

    /// <summary>Capture time of the last packet that was like this.</summary>
    public long Time;

    public FlowKey Key;

    public Place Source;

    public Place Destination;

    /// <summary>Where it was first seen, and its TTL there.</summary>
    public ulong Interface;

    /// <summary>Points that have shown it.</summary>
    private fixed uint _points[MaxPoints];

    private fixed byte _counts[MaxPoints];

    private byte _pointCount;

    /// <summary>Packets that were like this: as many as one point has shown.</summary>
    public byte Packets;

    public byte Ttl;

    public bool HasEntered;

    /// <summary>The record that entered last, by number in the capture; of a piece, the whole's.</summary>
    public long Record;

    /// <summary>
    /// Whether the lane may be this packet at another point: alike, soon, and between the same two ends.
    /// </summary>
    public readonly bool IsSame(ulong print, in Lane lane) =>
        Print == print && Packets != 0 && Math.Abs(lane.Timestamp - Time) <= Sightings.Window
        && (lane.Key.Addresses == Key.Addresses && SamePorts(in lane)
            || (IsSameEnd(Source, Key.Source, Key.SourcePort, lane.Source, lane.Key.Source, lane.Key.SourcePort)
                && IsSameEnd(Destination, Key.Destination, Key.DestinationPort,
                    lane.Destination, lane.Key.Destination, lane.Key.DestinationPort)));

    public void Begin(uint point)
    {
        _points[0] = point;
        _counts[0] = 1;
        _pointCount = 1;
    }

    /// <summary>
    /// Counts a sighting; false where the point has shown all packets of this kind already: it is one more.
    /// </summary>
    public bool TrySight(uint point, long time, bool isVague)
    {
        for (int index = 0; index < _pointCount; index++)
        {
            if (_points[index] != point) continue;
            if (isVague) return true;
            if (_counts[index] < Packets)
            {
                _counts[index]++;
                return true;
            }

            CountOneMore(index, time);
            return false;
        }

        if (_pointCount == MaxPoints) return true;

        _points[_pointCount] = point;
        _counts[_pointCount++] = 1;
        return true;
    }

    /// <summary>The same has been made once more.</summary>
    public void Repeat() => Packets = (byte)Math.Min(byte.MaxValue, Packets + 1);

    private void CountOneMore(int index, long time)
    {
        Time = time;
        HasEntered = true;
        if (Packets == byte.MaxValue)
        {
            Packets = 0;
            for (int point = 0; point < _pointCount; point++) _counts[point] = 0;
        }

        Packets++;
        _counts[index] = Packets;
    }

    private readonly bool SamePorts(in Lane lane) =>
        lane.Key.SourcePort == Key.SourcePort && lane.Key.DestinationPort == Key.DestinationPort;

    // Translation leads from one kind of address to another: Service and pod, pod and node,
    // outside and node. Two pods are two.
    private readonly bool IsSameEnd(Place was, uint address, ushort port, Place now, uint addressNow, ushort portNow)
    {
        if (address == addressNow)
            return port == portNow || Key.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6 || IsNodes(was);

        return KindOf(was) != KindOf(now) || IsNodes(was);
    }

    private static PlaceKind KindOf(Place place) => place.Kind == PlaceKind.Unlisted ? PlaceKind.Pod : place.Kind;

    // A node's address stands for others, and with two ports: a NodePort's and a pod's on the host's network.
    private static bool IsNodes(Place place) => place.Kind == PlaceKind.Node;
}
