namespace Dataplane.Tests.Golden;

/// <summary>
/// Host-unreachable comes when a node has asked three times who has an address, three seconds after the packet. The
/// labs wait so long for one case only; what came of an earlier case stands in that one's lists, and is put back here.
/// </summary>
public static class LateAnswers
{
    private const int Ethernet = 14;
    private const int QuotedPacket = Ethernet + 20 + 8;
    private const int Icmp = 1;

    /// <summary>The same frames; each host-unreachable stands with the case whose packet it quotes.</summary>
    public static IReadOnlyList<OverlayCase> PutBack(IReadOnlyList<OverlayCase> cases) =>
    [
        .. cases.Select(given => given with
        {
            P1a = PutBack(given, cases, other => other.P1a),
            N1Eth0 = PutBack(given, cases, other => other.N1Eth0),
        }),
    ];

    private static IReadOnlyList<byte[]> PutBack(
        OverlayCase given, IReadOnlyList<OverlayCase> cases, Func<OverlayCase, IReadOnlyList<byte[]>> point) =>
    [
        .. point(given).Where(frame => !IsLate(frame, given)),
        .. cases.SelectMany(other => point(other).Where(frame => IsLate(frame, other) && Quotes(frame, given.In))),
    ];

    private static bool IsLate(byte[] frame, OverlayCase given) =>
        IsHostUnreachable(frame) && !Quotes(frame, given.In);

    private static bool IsHostUnreachable(byte[] frame) =>
        frame.Length >= QuotedPacket + 20 && frame[12] == 0x08 && frame[Ethernet + 9] == Icmp
        && (frame[Ethernet + 20], frame[Ethernet + 21]) == (3, 1);

    /// <summary>By IP id and addresses; nothing else of it stays the same on the way for certain.</summary>
    private static bool Quotes(byte[] error, byte[] sent) =>
        error.AsSpan(QuotedPacket + 4, 2).SequenceEqual(sent.AsSpan(Ethernet + 4, 2))
        && error.AsSpan(QuotedPacket + 12, 8).SequenceEqual(sent.AsSpan(Ethernet + 12, 8));
}
