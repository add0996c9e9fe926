using System.Text;
using Dataplane.Wire;

namespace Dataplane.Capture;

/// <summary>The blocks that are not packets, and what to say of those that make no sense.</summary>
internal sealed unsafe partial class PcapngReader
{
    private const byte Microseconds = 6;

    private uint U32(int at) => _swapped ? SwappedOrder.U32(_source.Cursor + at) : HostOrder.U32(_source.Cursor + at);

    private ushort U16(int at) => _swapped ? SwappedOrder.U16(_source.Cursor + at) : HostOrder.U16(_source.Cursor + at);

    /// <summary>
    /// Consumes one block, or brings a packet block into the window for <see cref="Take"/>; false at the end, or where
    /// the file makes no sense, which <see cref="Damage"/> then tells.
    /// </summary>
    private bool ReadBlock()
    {
        long seen = _source.Available;
        if (!_source.Require(PcapngFormat.SmallestBlock))
            return _source.Available > 0 ? CutOff("a block header", PcapngFormat.SmallestBlock) : StopQuietly();

        uint type = U32(0);
        if (type == PcapngFormat.SectionHeader && !ReadByteOrder()) return false;

        uint total = U32(4);
        if (total < PcapngFormat.SmallestBlock || (total & 3) != 0)
            return Stop($"a block of type {type} claims a length of {total} bytes, which no block can have");

        return type switch
        {
            PcapngFormat.SectionHeader => ReadSection(total),
            PcapngFormat.InterfaceDescription => Hold(total) && ReadInterface(total),
            PcapngFormat.EnhancedPacket or PcapngFormat.ObsoletePacket or PcapngFormat.SimplePacket =>
                seen >= total ? Stop(Explain(type, total)) : Hold(total),
            _ => SkipBlock(total),
        };
    }

    private bool ReadByteOrder()
    {
        _swapped = HostOrder.U32(_source.Cursor + 8) != PcapngFormat.ByteOrderMagic;
        return U32(8) == PcapngFormat.ByteOrderMagic
            || Stop($"a section header with byte-order magic {U32(8):x8}, where 1a2b3c4d is due");
    }

    private bool ReadSection(uint total)
    {
        if (total < PcapngFormat.SectionHeaderSize)
            return Stop($"a section header of {total} bytes, and {PcapngFormat.SectionHeaderSize} are the least");
        if (!_source.Require(PcapngFormat.SectionHeaderSize)) return CutOff("a section header", total);

        (int major, int minor) = (U16(12), U16(14));
        if (major != 1) return Stop($"pcapng version {major}.{minor} is not known: 1.0 is");

        _section.Clear();
        _lastTimestamp = 0;
        return SkipBlock(total);
    }

    private bool ReadInterface(uint total)
    {
        if (total < PcapngFormat.InterfaceDescriptionSize)
            return Stop(
                $"an interface description of {total} bytes, "
                + $"and {PcapngFormat.InterfaceDescriptionSize} are the least");
        if (U32((int)total - 4) != total) return Stop(LengthsDiffer(total));
        if (_interfacesRead > ushort.MaxValue) return Stop($"more than {ushort.MaxValue + 1} interfaces");

        if (_swapped) AddInterface<SwappedOrder>(total);
        else AddInterface<HostOrder>(total);
        _source.Cursor += total;
        return true;
    }

    private void AddInterface<TOrder>(uint total)
        where TOrder : struct, IByteOrder
    {
        LinkType linkType = (LinkType)U16(8);
        uint snapLength = U32(12);
        string name = "";
        byte resolution = Microseconds;
        long offset = 0;
        PcapngOptions<TOrder> option = new(_source.Cursor + 16, _source.Cursor + total - 4);
        while (option.MoveNext())
        {
            switch (option.Code)
            {
                case PcapngFormat.OptionInterfaceName:
                    name = Encoding.UTF8.GetString(option.Value, option.Length).TrimEnd('\0');
                    break;
                case PcapngFormat.OptionTimestampResolution when option.Length >= 1:
                    resolution = *option.Value;
                    break;
                case PcapngFormat.OptionTimestampOffset when option.Length == 8:
                    (uint first, uint second) = (TOrder.U32(option.Value), TOrder.U32(option.Value + 4));
                    offset =
                        (long)(_swapped == BitConverter.IsLittleEndian ? Join(first, second) : Join(second, first));
                    break;
            }
        }

        // After a rewind the same interfaces come again: they keep their places.
        CaptureInterface described = new(name, linkType, snapLength);
        if (_interfacesRead < _interfaces.Count) _interfaces[_interfacesRead] = described;
        else _interfaces.Add(described);
        _section.Add(new PcapngInterface((ushort)_interfacesRead, linkType, snapLength, resolution, offset));
        _interfacesRead++;
    }

    private static ulong Join(uint high, uint low) => (ulong)high << 32 | low;

    /// <summary>Brings a whole block into the window.</summary>
    private bool Hold(uint total)
    {
        if (total > PcapngFormat.LargestBlock)
            return Stop($"a block of {total} bytes, and no more than {PcapngFormat.LargestBlock} are possible");

        return _source.Require(total) || CutOff("mid-block", total);
    }

    /// <summary>Passes over a block of any length, and checks that it ends as it began.</summary>
    private bool SkipBlock(uint total)
    {
        long start = _source.Offset;
        if (!_source.Skip(total - 4) || !_source.Require(4))
        {
            long there = _source.Offset + _source.Available - start;
            return Stop(start, $"cut off in mid-block: {total} bytes promised, {there} there");
        }

        if (U32(0) != total) return Stop(start, LengthsDiffer(total));

        _source.Cursor += 4;
        return true;
    }

    /// <summary>Why a packet block that is whole in the window was not taken.</summary>
    private string Explain(uint type, uint total)
    {
        if (U32((int)total - 4) != total) return LengthsDiffer(total);
        if (type == PcapngFormat.SimplePacket && total >= PcapngFormat.SimplePacketSize)
        {
            return _section.Count == 0
                ? "a packet before any interface"
                : $"a packet of {U32(8)} bytes, and no more than {PcapFormat.LargestFrame} are possible";
        }

        if (total < PcapngFormat.PacketSize) return $"a packet block of {total} bytes, too short for its header";

        uint number = type == PcapngFormat.ObsoletePacket ? U16(8) : U32(8);
        return number >= _section.Count
            ? $"a packet of interface {number}, and this section has described {_section.Count}"
            : $"a packet of {U32(20)} bytes in a block of {total}";
    }

    private static string LengthsDiffer(uint total) =>
        $"a block's length is {total} bytes at its start and something else at its end";

    private bool CutOff(string where, uint promised) =>
        Stop($"cut off in {where}: {promised} bytes promised, {_source.Available} there");

    private bool StopQuietly() => _source.Trouble is not null && Stop(_source.Trouble);

    private bool Stop(string text) => Stop(_source.Offset, text);

    private bool Stop(long offset, string text)
    {
        _damage = new CaptureDamage(offset, _source.Trouble ?? text);
        return false;
    }
}
