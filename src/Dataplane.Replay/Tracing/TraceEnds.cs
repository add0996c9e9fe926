using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Replay.Tracing;

/// <summary>Finds who and where: pods, Services, nodes, addresses, DNS names of Services, URLs.</summary>
internal sealed class TraceEnds(ClusterSnapshot snapshot, TraceOptions options)
{
    /// <summary>The client outside: addresses of the documentation networks (RFC 5737, RFC 3849).</summary>
    private static readonly ImmutableArray<IpAddress> Outside =
        [IpAddress.Parse("198.51.100.77"), IpAddress.Parse("2001:db8::77")];

    private const string External = "external";

    /// <exception cref="InvalidDataException">The manifests have no such pod.</exception>
    public TraceEnd Who()
    {
        string who = options.From!;
        if (who == External) return new TraceEnd(External, Outside);
        if (IpAddress.TryParse(who, out IpAddress address)) return new TraceEnd(NameOf(address), [address]);
        if (who.StartsWith("node/", StringComparison.Ordinal)) return NodeOf("--from", who);

        return PodOf("--from", who);
    }

    /// <exception cref="InvalidDataException">The manifests have no such destination.</exception>
    public TraceEnd Where()
    {
        string where = options.To!;
        if (IpAddress.TryParse(where, out IpAddress address)) return AddressOf(address);
        if (where.Contains("://", StringComparison.Ordinal)) return UrlOf(where);
        if (where.StartsWith("svc/", StringComparison.Ordinal)) return ServiceOf(where, where["svc/".Length..]);
        if (where.StartsWith("node/", StringComparison.Ordinal)) return NodeOf("--to", where);
        if (where.Contains('/')) return PodOf("--to", where);

        return DnsOf(where, options.Port);
    }

    private TraceEnd AddressOf(IpAddress address)
    {
        Service? service = snapshot.Services.FirstOrDefault(
            service => service.ClusterIps.Contains(address) || service.ExternalIps.Contains(address)
                || service.LoadBalancerIps.Contains(address));
        return service is null
            ? new TraceEnd(NameOf(address), [address]) { PortQuestion = "name it with --port N" }
            : PortsOf(new TraceEnd($"{address} (Service {service})", [address]) { Source = service.Source },
                service, options.Port);
    }

    private string NameOf(IpAddress address) =>
        snapshot.Pods.FirstOrDefault(pod => pod.Addresses.Contains(address)) is { } pod
            ? $"{address} (pod {pod})"
            : address.ToString();

    private TraceEnd PodOf(string option, string name)
    {
        string[] known =
            [.. snapshot.Pods.Where(pod => !pod.IsTerminated && !pod.Addresses.IsEmpty).Select(pod => pod.ToString())];
        Pod? pod = snapshot.Pods.FirstOrDefault(pod => pod.ToString() == name && known.Contains(name));
        if (pod is null) throw Unknown(option, name, "pod with an address", known);

        ContainerPort? only = pod.Ports.Length == 1 ? pod.Ports[0] : null;
        return new TraceEnd($"pod {pod}", pod.Addresses)
        {
            Source = pod.Source,
            Port = only?.Port ?? 0,
            Protocol = only?.Protocol ?? 0,
            PortQuestion = $"name it with --port N{KnownPorts(pod.Ports.Select(port => port.Port))}",
        };
    }

    private TraceEnd NodeOf(string option, string text)
    {
        string name = text["node/".Length..];
        Node? node = snapshot.Nodes.FirstOrDefault(node => node.Name == name);
        if (node is null) throw Unknown(option, text, "node", snapshot.Nodes.Select(known => "node/" + known.Name));

        return new TraceEnd($"node {name}", node.InternalIps)
        {
            Source = node.Source,
            PortQuestion = "name it with --port N",
        };
    }

    private TraceEnd ServiceOf(string given, string name)
    {
        Service? service = snapshot.Services.FirstOrDefault(service => service.ToString() == name);
        if (service is null) throw Unknown("--to", given, "Service", snapshot.Services.Select(known => "svc/" + known));

        return EndOf(service, options.Port);
    }

    private TraceEnd EndOf(Service service, ushort port)
    {
        var end = new TraceEnd($"Service {service}", service.ClusterIps) { Source = service.Source };
        if (options.From == External) end = FromOutside(end, service);
        if (service.IsHeadless || service.ClusterIps.IsEmpty) end = Headless(end, service);
        return PortsOf(end, service, port);
    }

    // What a client outside would be told to use: the load balancer's address, else an external one, else a node port.
    private TraceEnd FromOutside(TraceEnd end, Service service)
    {
        if (!service.LoadBalancerIps.IsEmpty) return end with { Addresses = service.LoadBalancerIps };
        if (!service.ExternalIps.IsEmpty) return end with { Addresses = service.ExternalIps };

        ServicePort? nodePort = service.Ports.FirstOrDefault(
            port => port.NodePort != 0
                && (options.Port == 0 || options.Port == port.Port || options.Port == port.NodePort));
        Node? node = snapshot.Nodes.FirstOrDefault(node =>
            options.Replay.Entry is null || node.Name == options.Replay.Entry);
        if (nodePort is null || node is null) return end;

        return end with { Addresses = node.InternalIps, Port = nodePort.NodePort, Protocol = nodePort.Protocol };
    }

    private TraceEnd Headless(TraceEnd end, Service service)
    {
        ImmutableArray<IpAddress> ready =
        [
            .. snapshot.EndpointSlices
                .Where(slice => slice.Namespace == service.Namespace && slice.ServiceName == service.Name)
                .SelectMany(slice => slice.Endpoints)
                .Where(endpoint => endpoint.Ready || service.PublishNotReadyAddresses)
                .SelectMany(endpoint => endpoint.Addresses),
        ];
        if (ready.IsEmpty)
            throw new InvalidDataException(
                $"--to {options.To}: {service} is headless and has no ready endpoint: its name has no address");

        return end with { Addresses = ready };
    }

    private TraceEnd PortsOf(TraceEnd end, Service service, ushort port)
    {
        if (end.Port != 0) return end;

        ServicePort[] ports =
            [.. service.Ports.Where(known => options.Protocol == 0 || known.Protocol == options.Protocol)];
        ServicePort? found = port == 0 && ports.Length == 1
            ? ports[0]
            : ports.FirstOrDefault(known => known.Port == port);
        return found is null
            ? end with
            {
                PortQuestion = $"name it with --port N{KnownPorts(service.Ports.Select(known => known.Port))}",
            }
            : end with { Port = found.Port, Protocol = found.Protocol, Source = found.Source };
    }

    private TraceEnd UrlOf(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Host.Length == 0)
        {
            throw new InvalidDataException($"--to {text}: not a URL: write http://NAME.NAMESPACE.svc:PORT");
        }

        ushort port = options.Port != 0 ? options.Port : url.Port > 0 ? (ushort)url.Port : (ushort)0;
        TraceEnd end = IpAddress.TryParse(url.Host.Trim('[', ']'), out IpAddress address)
            ? AddressOf(address)
            : DnsOf(url.Host, port);
        bool isNodePort = options.From == External && end.Port != 0
            && end.Addresses.Any(own => snapshot.Nodes.Any(node => node.InternalIps.Contains(own)));
        return isNodePort || port == 0 ? end : end with { Port = port };
    }

    // name.namespace.svc, with or without .cluster.local
    private TraceEnd DnsOf(string name, ushort port)
    {
        string[] parts = name.TrimEnd('.').Split('.');
        bool isService = parts is [_, _, "svc"] or [_, _, "svc", "cluster", "local"];
        if (isService)
        {
            Service? service = snapshot.Services.FirstOrDefault(service =>
                service.Name == parts[0] && service.Namespace == parts[1]);
            return service is not null ? EndOf(service, port)
                : throw Unknown(
                    "--to", name, "Service", snapshot.Services.Select(known => $"{known.Name}.{known.Namespace}.svc"));
        }

        throw new InvalidDataException(
            $"--to {name}: write NAMESPACE/POD, svc/NAMESPACE/NAME, node/NAME, an address, "
            + "NAME.NAMESPACE.svc or a URL");
    }

    private static string KnownPorts(IEnumerable<ushort> ports)
    {
        string known = string.Join(", ", ports.Distinct().Select(port => port.ToString(CultureInfo.InvariantCulture)));
        return known.Length == 0 ? "" : $" (known: {known})";
    }

    private static InvalidDataException Unknown(string option, string given, string what, IEnumerable<string> known)
    {
        string? nearest = NearestWord.Of(given, known);
        return new InvalidDataException(
            $"{option} {given}: "
            + $"the manifests have no such {what}{(nearest is null ? "" : $": did you mean {nearest}?")}");
    }
}
