namespace Dataplane.Fuzz;

/// <summary>
/// The same damaged inputs for the same seed: bits, bytes, numbers at their edges, pieces moved, cut, repeated, mixed.
/// </summary>
public sealed class Mutations(IReadOnlyList<byte[]> seeds, int seed)
{
    private const int Longest = 1 << 16;
    private const int MostSteps = 6;

    private static readonly byte[] Edges =
        [0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x3A, 0x2F, 0x0A, 0x2D, 0x7B, 0x5B, 0x26, 0x2A];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        byte[] bytes = [.. seeds[_random.Next(seeds.Count)]];
        for (int steps = _random.Next(1, MostSteps + 1); steps > 0 && bytes.Length > 0; steps--) bytes = Change(bytes);
        return bytes.Length <= Longest ? bytes : bytes[..Longest];
    }

    private byte[] Change(byte[] bytes)
    {
        int at = _random.Next(bytes.Length);
        int size = 1 + _random.Next(Math.Min(32, bytes.Length - at));
        switch (_random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)_random.Next(256);
                return bytes;
            case 2:
                bytes[at] = Edges[_random.Next(Edges.Length)];
                return bytes;
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes[..at], .. bytes[(at + size)..]];
            case 5:
                return [.. bytes[..at], .. bytes[at..(at + size)], .. bytes[at..]];
            case 6:
                bytes.AsSpan(at, size).Fill(Edges[_random.Next(5)]);
                return bytes;
            case 7:
                byte[] other = seeds[_random.Next(seeds.Count)];
                return [.. bytes[..at], .. other.AsSpan(_random.Next(other.Length + 1))];
            default:
                string number =
                    _random.Next(4) switch { 0 => "4294967296", 1 => "-1", 2 => "65536", _ => $"{_random.Next()}" };
                return [.. bytes[..at], .. System.Text.Encoding.ASCII.GetBytes(number), .. bytes[at..]];
        }
    }
}
