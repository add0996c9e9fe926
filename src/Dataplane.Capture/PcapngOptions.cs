namespace Dataplane.Capture;

/// <summary>
/// Walks the options of a block; a length that lies ends the walk, for packets are worth more than their options.
/// </summary>
internal unsafe ref struct PcapngOptions<TOrder>
    where TOrder : struct, IByteOrder
{
    private readonly byte* _end;
    private byte* _next;

    public PcapngOptions(byte* start, byte* end)
    {
        _next = start;
        _end = end;
    }

    public ushort Code { get; private set; }

    public byte* Value { get; private set; }

    public int Length { get; private set; }

    public bool MoveNext()
    {
        if (_end - _next < 4) return false;

        Code = TOrder.U16(_next);
        Length = TOrder.U16(_next + 2);
        Value = _next + 4;
        if (Code == PcapngFormat.OptionEnd || Length > _end - Value) return false;

        _next = Value + Math.Min(PcapngFormat.Padded((uint)Length), _end - Value);
        return true;
    }
}
