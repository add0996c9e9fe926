using System.Buffers.Binary;
using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Replay.Diff.Native;

/// <summary>Adds fields to a dissected frame by their place in its bytes, shown as tshark shows them.</summary>
internal sealed class FieldSink(DissectedFrame frame, ReadOnlyMemory<byte> bytes)
{
    public ReadOnlySpan<byte> Bytes => bytes.Span;

    public int Layer(string name, string title, int start) => frame.AddLayer(name, title, start);

    public void Number(int layer, string name, int at, int size) =>
        Add(layer, name, BigEndian(at, size).ToString(CultureInfo.InvariantCulture), at, size);

    public void Hex(int layer, string name, int at, int size) => Add(layer, name, "0x" + Digits(at, size), at, size);

    public void Address(int layer, string name, int at, int size) =>
        Add(layer, name, IpAddress.FromBytes(Bytes.Slice(at, size)).ToString(), at, size);

    public void Mac(int layer, string name, int at) => Octets(layer, name, at, MacAddress.Size);

    /// <summary>Bytes with colons between them; nothing for none.</summary>
    public void Octets(int layer, string name, int at, int size)
    {
        if (size <= 0) return;

        string digits = Digits(at, size);
        string show = string.Create(3 * size - 1, digits, static (text, from) =>
        {
            text.Fill(':');
            for (int i = 0; i < from.Length / 2; i++) from.AsSpan(2 * i, 2).CopyTo(text[(3 * i)..]);
        });
        frame.AddField(new DissectedField(layer, name, show, digits));
    }

    /// <summary>Some bits of a field.</summary>
    public void Bits(int layer, string name, uint value) => frame.AddField(new DissectedField(
        layer, name, value.ToString(CultureInfo.InvariantCulture), value.ToString("X", CultureInfo.InvariantCulture)));

    public void HexBits(int layer, string name, uint value, int digits) => frame.AddField(new DissectedField(
        layer,
        name,
        "0x" + value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        value.ToString("X", CultureInfo.InvariantCulture)));

    /// <summary>What follows from bytes but is none of them.</summary>
    public void Derived(int layer, string name, string show) =>
        frame.AddField(new DissectedField(layer, name, show, ""));

    public void Derived(int layer, string name, long show) =>
        Derived(layer, name, show.ToString(CultureInfo.InvariantCulture));

    public ulong BigEndian(int at, int size)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        Bytes.Slice(at, size).CopyTo(wide[^size..]);
        return BinaryPrimitives.ReadUInt64BigEndian(wide);
    }

    private void Add(int layer, string name, string show, int at, int size) =>
        frame.AddField(new DissectedField(layer, name, show, Digits(at, size)));

    private string Digits(int at, int size) => Convert.ToHexStringLower(Bytes.Slice(at, size));
}
