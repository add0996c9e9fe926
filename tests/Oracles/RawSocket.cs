using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// raw(7): a namespace's own packets, and copies of what is delivered to it. .NET's sockets know no SCTP.
/// </summary>
internal sealed partial class RawSocket : IDisposable
{
    /// <summary>IPPROTO_RAW: packets are sent with the header that they have.</summary>
    public const byte OwnHeader = 255;

    private const int InternetFamily = 2;
    private const int InternetFamily6 = 10;
    private const int Raw = 3;
    private const int DontWait = 0x40;
    private const int SolSocket = 1;
    private const int ForceReceiveBuffer = 33;
    private const int LargestPacket = 65_536;

    private readonly int _socket;
    private readonly byte _protocol;
    private readonly bool _isV4;

    private RawSocket(int socket, byte protocol, bool isV4)
    {
        _socket = socket;
        _protocol = protocol;
        _isV4 = isV4;
    }

    /// <exception cref="Win32Exception">There is no such namespace, or no privilege.</exception>
    public static RawSocket Open(string space, int family, byte protocol) => NamespaceThread.Run(space, () =>
    {
        int socket = OpenSocket(family == 4 ? InternetFamily : InternetFamily6, Raw, protocol);
        byte[] size = new byte[sizeof(int)];
        MemoryMarshal.Write(size, 1 << 24);
        bool isReady = socket >= 0 && SetOption(socket, SolSocket, ForceReceiveBuffer, size, size.Length) == 0;
        return isReady
            ? new RawSocket(socket, protocol, family == 4)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    });

    /// <summary>Sends a whole packet from the namespace itself; OUTPUT may refuse it, which is no error here.</summary>
    public void Send(byte[] packet)
    {
        const int addressSize4 = 16, addressSize6 = 28;
        byte[] to = new byte[_isV4 ? addressSize4 : addressSize6];
        MemoryMarshal.Write(to, (ushort)(_isV4 ? InternetFamily : InternetFamily6));
        if (_isV4) packet.AsSpan(16, 4).CopyTo(to.AsSpan(4));
        else packet.AsSpan(24, 16).CopyTo(to.AsSpan(8));
        _ = SendTo(_socket, packet, packet.Length, 0, to, to.Length);
    }

    /// <summary>Numbers of the cases whose packets have passed INPUT since; resets are the node's own affair.</summary>
    public List<int> TakeNumbers()
    {
        List<int> numbers = [];
        byte[] buffer = new byte[LargestPacket];
        while (true)
        {
            nint length = ReceiveNow(_socket, buffer, buffer.Length, DontWait);
            if (length < 0) return numbers;

            ReadOnlySpan<byte> packet = buffer.AsSpan(0, (int)length);
            int header = _isV4 ? (packet[0] & 15) * 4 : 0;
            packet = packet[header..];
            if (!ServicePacket.IsReset(_protocol, packet)) numbers.Add(ServicePacket.NumberIn(_protocol, packet));
        }
    }

    public void Dispose() => _ = Close(_socket);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int name, byte[] value, int size);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static partial nint SendTo(int socket, byte[] packet, nint length, int flags, byte[] address, int size);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveNow(int socket, byte[] buffer, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);
}
