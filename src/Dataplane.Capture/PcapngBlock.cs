using System.Buffers;
using System.Runtime.InteropServices;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>Builds a block that describes something; packets, of which there are many, do not come this way.</summary>
internal sealed class PcapngBlock
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public PcapngBlock(uint type)
    {
        U32(type);
        U32(0);
    }

    /// <summary>Bytes so far, and the length that comes at the end.</summary>
    public int Size => _bytes.WrittenCount + sizeof(uint);

    public void U16(ushort value) => _bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in value)));

    public void U32(uint value) => _bytes.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public void Option(ushort code, ReadOnlySpan<byte> value)
    {
        U16(code);
        U16((ushort)value.Length);
        _bytes.Write(value);
        Pad();
    }

    /// <summary>
    /// nrb_record_ipv4 or nrb_record_ipv6: the address in wire order, and a name that ends in a zero.
    /// </summary>
    public void NameRecord(IpAddress address, ReadOnlySpan<byte> name)
    {
        U16(address.IsV4 ? PcapngFormat.NameRecordV4 : PcapngFormat.NameRecordV6);
        U16((ushort)(address.Size + name.Length + 1));
        address.WriteTo(_bytes.GetSpan(address.Size));
        _bytes.Advance(address.Size);
        _bytes.Write(name);
        _bytes.Write([(byte)0]);
        Pad();
    }

    /// <summary>The whole block, with its length at both ends.</summary>
    public ReadOnlySpan<byte> End()
    {
        uint total = (uint)Size;
        U32(total);
        Span<byte> block = MemoryMarshal.AsMemory(_bytes.WrittenMemory).Span;
        MemoryMarshal.Write(block[4..], in total);
        return block;
    }

    private void Pad()
    {
        while (_bytes.WrittenCount % 4 != 0) _bytes.Write([(byte)0]);
    }
}
