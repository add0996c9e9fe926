using System.Globalization;
using Dataplane.Replay.Generate;

namespace Dataplane.Cli;

/// <summary>Frame sizes as testers say them: with the checksum of four bytes, which captures do not hold.</summary>
internal static class FrameSizes
{
    private const int Smallest = 64;
    private const int Largest = 9018;
    private const int LargePacket = 1500;

    /// <summary>1500 is said of packets, and means frames of 1518.</summary>
    public static int Parse(string option, string text)
    {
        if (text == "imix") return TrafficOptions.Imix;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size);
        if (isNumber && size is >= Smallest and <= Largest)
            return size == LargePacket ? LargePacket + TrafficOptions.FrameOverhead : size;

        throw new UsageException(
            $"{option} {text}: give imix, 1500, or bytes from {Smallest} to {Largest}, the frame's checksum included");
    }
}
