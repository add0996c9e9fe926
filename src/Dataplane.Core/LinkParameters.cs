namespace Dataplane.Core;

/// <summary>What a node's underlay interface and the wire behind it are like, as tc would set them.</summary>
/// <param name="BitsPerSecond">0: no limit, and so no queue.</param>
/// <param name="QueueLimit">Frames that may wait behind the one that is being sent.</param>
/// <param name="Delay">Nanoseconds from a frame's last bit on the wire to its arrival.</param>
public readonly record struct LinkParameters(long BitsPerSecond, int QueueLimit, long Delay);
