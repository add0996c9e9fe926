namespace Dataplane.Wire;

/// <summary>Direction of a packet as seen by the interface that captured it.</summary>
public enum CaptureDirection : byte
{
    Unknown = 0,
    Inbound = 1,
    Outbound = 2,
}
