using System.Text;

namespace Dataplane.Tests.Golden;

/// <summary>Says in words where two lists of frames part, for the message of a failed comparison.</summary>
public static class FrameDifference
{
    private const int BytesPerLine = 32;

    /// <summary>Null where both lists hold the same frames in the same order.</summary>
    public static string? Describe(string where, IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> got)
    {
        for (int at = 0; at < Math.Max(expected.Count, got.Count); at++)
        {
            byte[]? wanted = at < expected.Count ? expected[at] : null;
            byte[]? made = at < got.Count ? got[at] : null;
            if (wanted is not null && made is not null && wanted.AsSpan().SequenceEqual(made)) continue;

            string sort = wanted is null ? "not expected"
                : made is null ? "missing"
                : $"differs from byte {wanted.AsSpan().CommonPrefixLength(made)} on";
            return new StringBuilder($"{where}: frame {at + 1} of {expected.Count} {sort}\n")
                .Append(Hex("expected", wanted))
                .Append(Hex("got     ", made))
                .ToString();
        }

        return null;
    }

    private static string Hex(string title, byte[]? frame) => frame is null
        ? $"  {title} -\n"
        : string.Concat(frame.Chunk(BytesPerLine).Select((line, number) =>
            $"  {title} {number * BytesPerLine,4}: {Convert.ToHexStringLower(line)}\n"));
}
