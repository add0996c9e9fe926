using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Engines.Services;

/// <summary>
/// One endpoint of a Service port after merging, as kube-proxy's <c>BaseEndpointInfo</c>
/// (pkg/proxy/endpoint.go) has it.
/// </summary>
public sealed class ProxiedEndpoint(IpAddress address, ushort port, SourceLine source)
{
    /// <summary>An IPv6 address in brackets, a colon, a port.</summary>
    private const int MaxTextSize = 64;

    private string? _text;

    public IpAddress Address { get; } = address;

    public ushort Port { get; } = port;

    /// <summary>Where the manifests have it.</summary>
    public SourceLine Source { get; } = source;

    /// <summary><c>ip:port</c>, or <c>[ip]:port</c> for IPv6: what kube-proxy sorts by, hashes and prints.</summary>
    public string Text => _text ??= Address.IsV4
        ? string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}");

    /// <summary>
    /// Takes new connections: the API's condition, or the Service publishes endpoints that are not ready.
    /// </summary>
    public bool Ready { get; init; }

    /// <summary>Still answers, even if it is terminating.</summary>
    public bool Serving { get; init; }

    public bool Terminating { get; init; }

    /// <summary>Empty where the manifests do not say it: then it is local to no node.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>hints.forZones: the zones that should use it; empty where there are no hints.</summary>
    public ImmutableArray<string> HintZones { get; init; } = [];

    public bool IsLocalTo(ProxyNode node) => NodeName.Length > 0 && NodeName == node.Name;

    /// <summary>Orders by <see cref="Text"/>, letter by letter, without making it.</summary>
    public static int CompareTexts(ProxiedEndpoint left, ProxiedEndpoint right)
    {
        Span<byte> first = stackalloc byte[MaxTextSize];
        Span<byte> second = stackalloc byte[MaxTextSize];
        return first[..left.WriteTextTo(first)].SequenceCompareTo(second[..right.WriteTextTo(second)]);
    }

    public override string ToString() => Text;

    private int WriteTextTo(Span<byte> text)
    {
        int size = 0;
        if (Address.IsV6) text[size++] = (byte)'[';
        size += Address.WriteTextTo(text[size..]);
        if (Address.IsV6) text[size++] = (byte)']';
        text[size++] = (byte)':';
        Port.TryFormat(text[size..], out int digits, default, CultureInfo.InvariantCulture);
        return size + digits;
    }
}
