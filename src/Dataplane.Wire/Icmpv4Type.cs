namespace Dataplane.Wire;

/// <summary>RFC 792: message types, with the codes that the dataplane sends.</summary>
public static class Icmpv4Type
{
    public const byte EchoReply = 0;
    public const byte DestinationUnreachable = 3;
    public const byte SourceQuench = 4;
    public const byte Redirect = 5;
    public const byte EchoRequest = 8;
    public const byte TimeExceeded = 11;
    public const byte ParameterProblem = 12;

    /// <summary>The highest type of RFC 1122; Linux treats what is above as unknown.</summary>
    public const byte Highest = 18;

    public const byte NetUnreachable = 0;
    public const byte HostUnreachable = 1;
    public const byte PortUnreachable = 3;
    public const byte FragmentationNeeded = 4;
    public const byte RedirectHost = 1;

    /// <summary>RFC 1122 §3.2.2: messages that quote the offending packet.</summary>
    public static bool IsError(byte type) =>
        type is DestinationUnreachable or SourceQuench or Redirect or TimeExceeded or ParameterProblem;
}
