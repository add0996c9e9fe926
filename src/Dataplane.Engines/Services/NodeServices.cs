using System.Collections.Immutable;

namespace Dataplane.Engines.Services;

/// <summary>All Service ports of one family as one node's proxy serves them, in the order of the manifests.</summary>
public sealed record NodeServices(ProxyNode Node, int Family, ImmutableArray<NodeServicePort> Ports);
