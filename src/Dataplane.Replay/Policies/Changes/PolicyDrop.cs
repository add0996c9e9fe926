using Dataplane.Replay.Policies.Reach;

namespace Dataplane.Replay.Policies.Changes;

/// <summary>A record that policies dropped, as it was when they did.</summary>
internal readonly record struct PolicyDrop(string From, ushort FromPort, string To, ReachPort Port, PolicyOutcome Cause);
