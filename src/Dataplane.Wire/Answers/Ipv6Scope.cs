namespace Dataplane.Wire.Answers;

/// <summary>RFC 4291 §2.4: what kind of address this is.</summary>
internal static class Ipv6Scope
{
    /// <summary>ff02::1.</summary>
    internal static readonly UInt128 AllNodes = new(0xFF02_0000_0000_0000, 1);

    internal static bool IsMulticast(UInt128 address) => (byte)(address >> 120) == 0xFF;
}
