using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dataplane.Tests.Oracles;

/// <summary>packet(7): whole frames in and out of a device, in a namespace of its own.</summary>
public sealed partial class PacketSocket : IDisposable
{
    private const int AddressFamilyPacket = 17;
    private const int Raw = 3;
    private const ushort AllProtocols = 3;
    private const int SolSocket = 1;
    private const int ReceiveTimeout = 20;
    private const int ForceReceiveBuffer = 33;
    private const int DontWait = 0x40;
    private const byte Outgoing = 4;
    private const int AddressSize = 20;
    private const int PacketTypeOffset = 10;
    private const int LargestFrame = 65_536;

    private readonly int _socket;

    private PacketSocket(int socket) => _socket = socket;

    /// <exception cref="Win32Exception">There is no such namespace or device.</exception>
    public static PacketSocket Open(string space, string device) => NamespaceThread.Run(space, () =>
    {
        int socket = OpenHere(device);
        return socket >= 0 ? new PacketSocket(socket) : throw new Win32Exception(Marshal.GetLastPInvokeError(), device);
    });

    public void Send(byte[] frame)
    {
        if (SendNow(_socket, frame, frame.Length, 0) != frame.Length)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"sending {frame.Length} bytes failed");
        }
    }

    /// <summary>
    /// What has passed, in order: what came in, what went out, or (null) both. Without waiting, what is there already.
    /// </summary>
    public List<byte[]> Receive(bool? outgoing, bool waits = true)
    {
        List<byte[]> frames = [];
        byte[] buffer = new byte[LargestFrame];
        byte[] address = new byte[AddressSize];
        while (true)
        {
            int size = address.Length;
            nint length = ReceiveFrom(_socket, buffer, buffer.Length, waits ? 0 : DontWait, address, ref size);
            if (length < 0) return frames;

            bool wentOut = address[PacketTypeOffset] == Outgoing;
            if (outgoing is null || wentOut == outgoing) frames.Add(buffer[..(int)length]);
        }
    }

    public void Dispose() => _ = Close(_socket);

    private static int OpenHere(string device)
    {
        ushort protocol = BinaryPrimitives.ReverseEndianness(AllProtocols);
        int socket = Socket(AddressFamilyPacket, Raw, protocol);
        if (socket < 0) return socket;

        byte[] address = new byte[AddressSize];
        MemoryMarshal.Write(address, (ushort)AddressFamilyPacket);
        MemoryMarshal.Write(address.AsSpan(2), protocol);
        MemoryMarshal.Write(address.AsSpan(4), InterfaceIndex(device));
        byte[] buffer = new byte[sizeof(int)];
        MemoryMarshal.Write(buffer, 1 << 24);
        byte[] timeout = new byte[2 * sizeof(long)];
        MemoryMarshal.Write(timeout.AsSpan(sizeof(long)), 300_000L);
        bool isReady = Bind(socket, address, address.Length) == 0
            && SetOption(socket, SolSocket, ForceReceiveBuffer, buffer, buffer.Length) == 0
            && SetOption(socket, SolSocket, ReceiveTimeout, timeout, timeout.Length) == 0;
        return isReady ? socket : -1;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, byte[] address, int size);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int name, byte[] value, int size);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendNow(int socket, byte[] frame, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(
        int socket, byte[] buffer, nint size, int flags, byte[] address, ref int addressSize);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);

    [LibraryImport("libc", EntryPoint = "if_nametoindex",
        StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int InterfaceIndex(string name);
}
