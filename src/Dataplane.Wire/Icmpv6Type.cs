namespace Dataplane.Wire;

/// <summary>RFC 4443 and RFC 4861: message types, with the codes that the dataplane sends.</summary>
public static class Icmpv6Type
{
    public const byte DestinationUnreachable = 1;
    public const byte PacketTooBig = 2;
    public const byte TimeExceeded = 3;
    public const byte ParameterProblem = 4;
    public const byte EchoRequest = 128;
    public const byte EchoReply = 129;
    public const byte RouterSolicitation = 133;
    public const byte RouterAdvertisement = 134;
    public const byte NeighborSolicitation = 135;
    public const byte NeighborAdvertisement = 136;
    public const byte Redirect = 137;

    public const byte NoRoute = 0;
    public const byte AddressUnreachable = 3;
    public const byte PortUnreachable = 4;

    /// <summary>RFC 4443 §2.1: errors have the high bit of the type clear.</summary>
    public static bool IsError(byte type) => type < EchoRequest;
}
