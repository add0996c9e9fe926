using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dataplane.Wire;
using Microsoft.Win32.SafeHandles;

namespace Dataplane.Capture;

/// <summary>
/// Writes a capture. Records are formatted into one large buffer and leave it whole, in large writes,
/// while the next one fills; those between two <see cref="Commit"/>s leave in the order that their writer
/// gave them. One thread calls it.
/// </summary>
public abstract unsafe class CaptureWriter : IDisposable
{
    private const string Option = "-w";
    private const int StandardOutput = 1;
    private const int BufferSize = 512 * 1024;
    private const int WriteAbove = BufferSize - 256 * 1024;
    private const int FirstIndexSize = 1024;

    private readonly Stream _stream;
    private WriteBehind? _behind;
    private byte* _buffer;
    private byte* _spare;
    private byte* _sorted;
    private nint _capacity = BufferSize;
    private nint _spareCapacity;
    private nint _sortedCapacity;
    private nint _used;
    private nint _committed;
    private ulong[] _index = new ulong[FirstIndexSize];
    private int _pending;
    private uint _lastOrder;
    private bool _outOfOrder;
    private bool _failed;

    private protected CaptureWriter(Stream stream, string name)
    {
        _stream = stream;
        Name = name;
        _buffer = (byte*)NativeMemory.Alloc(BufferSize);
    }

    /// <summary>The name for messages: a path, or <c>-</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// Bytes that are on their way to the operating system; behind <see cref="Flush"/>, all of them are there.
    /// </summary>
    public long BytesWritten { get; private set; }

    /// <summary>
    /// Makes a file: classic pcap where the name ends in <c>.pcap</c>, else pcapng; compressed for .gz, .zst and
    /// .lz4.
    /// </summary>
    public static CaptureWriter Create(string path)
    {
        if (path == CaptureFile.StandardStream)
        {
            SafeFileHandle output = new(StandardOutput, ownsHandle: false);
            return Create(new FileStream(output, FileAccess.Write, bufferSize: 0), path, CaptureFormat.Pcapng);
        }

        Compression compression = CompressedStream.OfName(path);
        string plainName = compression == Compression.None ? path : Path.GetFileNameWithoutExtension(path);
        bool classic = plainName.EndsWith(".pcap", StringComparison.Ordinal);
        CaptureFormat format = classic ? CaptureFormat.Pcap : CaptureFormat.Pcapng;
        FileStream file = OutputFile.Create(Option, path, bufferSize: 0);
        return Create(CompressedStream.Compress(file, compression), path, format);
    }

    /// <summary>Writes to a stream, and owns it from here.</summary>
    public static CaptureWriter Create(Stream stream, string name, CaptureFormat format) =>
        format == CaptureFormat.Pcap ? new PcapWriter(stream, name) : new PcapngWriter(stream, name);

    /// <summary>Describes an interface and gives its number, which <see cref="Write"/> takes.</summary>
    public abstract int AddInterface(
        string name, LinkType linkType, int snapLength = PcapFormat.LargestFrame, MacAddress mac = default);

    /// <summary>
    /// Names for addresses, so that a viewer shows pods and services; call it first. Classic pcap has no room for
    /// them.
    /// </summary>
    public abstract void AddNames(IEnumerable<(IpAddress Address, string Name)> names);

    /// <summary>
    /// Adds a packet. Packets between two commits are written by <paramref name="order"/>, equal ones as they came.
    /// </summary>
    public abstract void Write(
        uint order,
        int interfaceIndex,
        long timestampNanoseconds,
        ReadOnlySpan<byte> frame,
        int originalLength,
        in PacketMetadata metadata);

    /// <summary>Ends a group: its packets are sorted if they have to be, and may be written from now on.</summary>
    public void Commit()
    {
        if (_outOfOrder) Sort();
        _committed = _used;
        _pending = 0;
        _lastOrder = 0;
        if (_used > WriteAbove) HandOver();
    }

    /// <summary>Commits, and hands everything to the operating system.</summary>
    public void Flush()
    {
        Commit();
        if (_failed) return;

        _failed = true;
        WriteNow();
        _stream.Flush();
        _failed = false;
    }

    /// <summary>Commits and writes what is left, and closes the file.</summary>
    public void Dispose()
    {
        if (_buffer is null) return;

        try
        {
            if (!_failed)
            {
                Finish();
                Flush();
                SettlePosition();
            }
        }
        finally
        {
            _behind?.Dispose();
            NativeMemory.Free(_buffer);
            NativeMemory.Free(_spare);
            NativeMemory.Free(_sorted);
            _buffer = _spare = _sorted = null;
            _stream.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes what was written a complete file, if something is missing.</summary>
    private protected virtual void Finish()
    {
    }

    /// <summary>Size of the record that starts here, padding and all.</summary>
    private protected abstract uint SizeOf(byte* record);

    /// <summary>Room for a record of this size at the end of the buffer; it belongs to the file from now on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected byte* Append(uint order, nint size)
    {
        if (_used + size > _capacity || _pending == _index.Length) MakeRoom(size);

        byte* record = _buffer + _used;
        _outOfOrder |= order < _lastOrder;
        _lastOrder = order;
        _index[_pending++] = (ulong)order << 32 | (uint)(_used - _committed);
        _used += size;
        return record;
    }

    /// <summary>Writes out what is committed; if that does not make room, the buffer grows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(nint size)
    {
        if (_pending == _index.Length) Array.Resize(ref _index, 2 * _pending);
        if (_committed > 0) HandOver();
        if (_used + size > uint.MaxValue)
            throw new InvalidOperationException("more than 4 GiB of packets without a commit");

        while (_used + size > _capacity)
        {
            _capacity *= 2;
            _buffer = (byte*)NativeMemory.Realloc(_buffer, (nuint)_capacity);
        }
    }

    /// <summary>
    /// Puts the group in order: an index entry is order, then place, so that plain numbers sort stably.
    /// </summary>
    private void Sort()
    {
        Span<ulong> index = _index.AsSpan(0, _pending);
        index.Sort();
        nint size = _used - _committed;
        if (_sortedCapacity < size)
        {
            NativeMemory.Free(_sorted);
            _sorted = (byte*)NativeMemory.Alloc((nuint)size);
            _sortedCapacity = size;
        }

        byte* to = _sorted;
        foreach (ulong entry in index)
        {
            byte* record = _buffer + _committed + (uint)entry;
            uint length = SizeOf(record);
            Unsafe.CopyBlockUnaligned(to, record, length);
            to += length;
        }

        Buffer.MemoryCopy(_sorted, _buffer + _committed, size, size);
        _outOfOrder = false;
    }

    // A failed write leaves an unknown part behind: nothing more goes to that file.
    private void HandOver()
    {
        if (_failed) return;

        _failed = true;
        if (WriteBehind.Pays) WriteWhileFilling();
        else WriteNow();
        _failed = false;
    }

    private void WriteNow()
    {
        _behind?.Wait();
        WriteBehind.Write(_stream, _buffer, _committed);
        Keep(_buffer);
    }

    private void WriteWhileFilling()
    {
        _behind ??= new WriteBehind(_stream);
        _behind.Wait();
        EnsureSpare(_used - _committed);
        byte* full = _buffer;
        nint fullCapacity = _capacity;
        nint committed = _committed;
        Keep(_spare);
        _buffer = _spare;
        _capacity = _spareCapacity;
        _spare = full;
        _spareCapacity = fullCapacity;
        _behind.Submit(full, committed);
    }

    private void EnsureSpare(nint size)
    {
        if (_spareCapacity >= Math.Max(size, BufferSize)) return;

        NativeMemory.Free(_spare);
        _spareCapacity = Math.Max(_capacity, BufferSize);
        _spare = (byte*)NativeMemory.Alloc((nuint)_spareCapacity);
    }

    // What is not committed yet moves to the front of a buffer.
    private void Keep(byte* buffer)
    {
        BytesWritten += _committed;
        _used -= _committed;
        Buffer.MemoryCopy(_buffer + _committed, buffer, _used, _used);
        _committed = 0;
    }

    /// <summary>
    /// FileStream writes by position and leaves the descriptor's own where it was, and whoever shares standard output
    /// would overwrite us; asking for the handle moves it.
    /// </summary>
    private void SettlePosition()
    {
        if (_stream is FileStream { CanSeek: true } file) _ = file.SafeFileHandle;
    }
}
