namespace Dataplane.Wire.Answers;

/// <summary>RFC 1122 §3.2.1.3: what kind of address this is.</summary>
internal static class Ipv4Scope
{
    internal static bool IsUnicast(uint address) => address >> 28 < 0xE;

    /// <summary>A source that an answer may go to: neither "this host", loopback, group, nor broadcast.</summary>
    internal static bool IsOneHost(uint address) => IsUnicast(address) && address >> 24 is not (0 or 127);
}
