using System.Buffers.Binary;
using System.Text;
using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

/// <summary>RFC 1035 queries and answers for names of Services.</summary>
internal sealed class DnsMessages((string Name, IpAddress Address)[] names)
{
    private const int HeaderSize = 12;
    private const ushort Query = 0x0100;
    private const ushort Answer = 0x8580;
    private const ushort NameAtQuestion = 0xC00C;
    private const ushort Internet = 1;
    private const uint Seconds = 30;

    private readonly byte[] _message = new byte[512];

    /// <summary>The same number asks for the same name.</summary>
    public ReadOnlySpan<byte> Write(uint number, ushort id, bool answer)
    {
        (string name, IpAddress address) = names[number % (uint)names.Length];
        Span<byte> message = _message;
        ushort type = (ushort)(address.IsV4 ? 1 : 28);
        Put(message, id, answer ? Answer : Query, 1, (ushort)(answer ? 1 : 0), 0, 0);
        int at = HeaderSize;
        foreach (string label in name.Split('.'))
        {
            message[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, message[at..]);
        }

        message[at++] = 0;
        at += Put(message[at..], type, Internet);
        if (!answer) return message[..at];

        at += Put(message[at..], NameAtQuestion, type, Internet,
            (ushort)(Seconds >> 16), (ushort)Seconds, (ushort)address.Size);
        address.WriteTo(message[at..]);
        return message[..(at + address.Size)];
    }

    private static int Put(Span<byte> to, params ReadOnlySpan<ushort> words)
    {
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt16BigEndian(to[(2 * i)..], words[i]);
        return 2 * words.Length;
    }
}
