using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>A record that policies dropped, as it was when they did.</summary>
internal readonly record struct PolicyDrop(
    IpAddress Source, ushort SourcePort, IpAddress Destination, ReachPort Port, PolicyOutcome Cause);
