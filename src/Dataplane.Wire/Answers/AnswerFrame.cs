using System.Runtime.InteropServices;

namespace Dataplane.Wire.Answers;

/// <summary>The link layer of an answer: new addresses, the question's tags and type.</summary>
internal static class AnswerFrame
{
    internal static void WriteHeader(
        Span<byte> to, ReadOnlySpan<byte> questionHeader, MacAddress destination, MacAddress source)
    {
        questionHeader.CopyTo(to);
        MemoryMarshal.Write(to, new U48Be(destination));
        MemoryMarshal.Write(to[MacAddress.Size..], new U48Be(source));
    }
}
