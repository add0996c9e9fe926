namespace Dataplane.Tests.Packets;

/// <summary>Bytes that nobody should send, the same on every run.</summary>
internal static class Hostile
{
    private const int Count = 5000;

    /// <summary>Every prefix of a good packet, and seeded mutations of it.</summary>
    internal static void Mutations(byte[] good, Action<byte[]> take)
    {
        for (int length = 0; length <= good.Length; length++) take(good[..length]);

        var random = new Random(good.Length);
        for (int i = 0; i < Count; i++)
        {
            byte[] mutant = good[..random.Next(good.Length + 1)];
            for (int flips = random.Next(1, 6); flips > 0 && mutant.Length > 0; flips--)
                mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            take(mutant);
        }
    }
}
