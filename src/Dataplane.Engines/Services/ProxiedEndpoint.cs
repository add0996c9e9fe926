using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>One endpoint of a Service port after merging, as kube-proxy's <c>BaseEndpointInfo</c> (pkg/proxy/endpoint.go) has it.</summary>
public sealed class ProxiedEndpoint(IpAddress address, ushort port, SourceLine source)
{
    private string? _text;

    public IpAddress Address { get; } = address;

    public ushort Port { get; } = port;

    /// <summary>Where the manifests have it.</summary>
    public SourceLine Source { get; } = source;

    /// <summary><c>ip:port</c>, or <c>[ip]:port</c> for IPv6: what kube-proxy sorts by, hashes and prints.</summary>
    public string Text => _text ??= Address.IsV4
        ? string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}");

    /// <summary>Takes new connections: the API's condition, or the Service publishes endpoints that are not ready.</summary>
    public bool Ready { get; init; }

    /// <summary>Still answers, even if it is terminating.</summary>
    public bool Serving { get; init; }

    public bool Terminating { get; init; }

    /// <summary>Empty where the manifests do not say it: then it is local to no node.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>hints.forZones: the zones that should use it; empty where there are no hints.</summary>
    public ImmutableArray<string> HintZones { get; init; } = [];

    public bool IsLocalTo(ProxyNode node) => NodeName.Length > 0 && NodeName == node.Name;

    public override string ToString() => Text;
}
