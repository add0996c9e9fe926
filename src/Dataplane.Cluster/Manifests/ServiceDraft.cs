using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 Service.</summary>
internal sealed class ServiceDraft(SourceLine source) : ObjectDraft(source)
{
    // k8s.io/api core/v1: DefaultClientIPServiceAffinitySeconds, and the longest that validation allows (a day).
    private const int DefaultAffinitySeconds = 10800;
    private const int MaxAffinitySeconds = 86400;

    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    private Service _service = new("", "", source);
    private ImmutableArray<IpAddress> _clusterIps = [];
    private ImmutableArray<IpAddress> _clusterIp = [];
    private bool _isHeadless;
    private bool _hasAffinity;
    private int _affinitySeconds = DefaultAffinitySeconds;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(_service with
    {
        Namespace = Namespace,
        Name = Name,
        ClusterIps = _isHeadless ? [] : _clusterIps.IsEmpty ? _clusterIp : _clusterIps,
        IsHeadless = _isHeadless,
        AffinitySeconds = _hasAffinity ? _affinitySeconds : 0,
        ProxyName = Labels.GetValueOrDefault(ProxyNameLabel, ""),
    });

    protected override bool KeepsLabels => true;

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "spec" && cursor.EnterMap("spec")) ReadSpec(cursor);
        else if (cursor.Key is "status" && cursor.EnterMap("status")) ReadStatus(cursor);
        else cursor.Skip();
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (!ReadAddressField(cursor) && !ReadPolicyField(cursor)) cursor.Skip();
        }
    }

    private bool ReadAddressField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "clusterIP": _clusterIp = ReadClusterIp(cursor, "spec.clusterIP"); break;
            case "clusterIPs" when cursor.EnterList("spec.clusterIPs"):
                while (cursor.NextItem()) _clusterIps = _clusterIps.AddRange(ReadClusterIp(cursor, "spec.clusterIPs"));
                break;
            case "externalIPs":
                _service = _service with { ExternalIps = cursor.ReadAddresses("spec.externalIPs") };
                break;
            case "loadBalancerSourceRanges":
                ImmutableArray<IpPrefix> ranges = cursor.ReadList(
                    "spec.loadBalancerSourceRanges", item => item.ReadPrefix("spec.loadBalancerSourceRanges"));
                _service = _service with { LoadBalancerSourceRanges = ranges };
                break;
            case "ports":
                _service = _service with { Ports = cursor.ReadGoodItems("spec.ports", ReadPort) };
                break;
            case "selector": _service = _service with { Selector = cursor.ReadTextMap("spec.selector") }; break;
            default: return false;
        }

        return true;
    }

    private bool ReadPolicyField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "type": _service = _service with { Type = ReadType(cursor) }; break;
            case "externalTrafficPolicy":
                _service = _service with { ExternalTrafficPolicy = ReadPolicy(cursor, "spec.externalTrafficPolicy") };
                break;
            case "internalTrafficPolicy":
                _service = _service with { InternalTrafficPolicy = ReadPolicy(cursor, "spec.internalTrafficPolicy") };
                break;
            case "sessionAffinity": _hasAffinity = ReadAffinity(cursor); break;
            case "sessionAffinityConfig": ReadAffinityConfig(cursor); break;
            case "publishNotReadyAddresses":
                _service =
                    _service with { PublishNotReadyAddresses = cursor.ReadBool("spec.publishNotReadyAddresses") };
                break;
            case "healthCheckNodePort":
                int port = cursor.ReadNumber("spec.healthCheckNodePort", 0, ushort.MaxValue);
                _service = _service with { HealthCheckNodePort = (ushort)port };
                break;
            case "trafficDistribution":
                _service = _service with { TrafficDistribution = cursor.ReadText("spec.trafficDistribution") };
                break;
            default: return false;
        }

        return true;
    }

    private ImmutableArray<IpAddress> ReadClusterIp(ManifestCursor cursor, string what)
    {
        ReadOnlySpan<char> text = cursor.Scalar(what);
        if (text.IsEmpty) return [];

        if (text is "None")
        {
            _isHeadless = true;
            return [];
        }

        return cursor.TryReadAddress(what, out IpAddress address) ? [address] : [];
    }

    private void ReadStatus(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "loadBalancer" && cursor.EnterMap("status.loadBalancer")) ReadLoadBalancer(cursor);
            else cursor.Skip();
        }
    }

    private void ReadLoadBalancer(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is not "ingress" || !cursor.EnterList("status.loadBalancer.ingress"))
            {
                cursor.Skip();
                continue;
            }

            while (cursor.NextItem()) ReadIngress(cursor);
        }
    }

    private void ReadIngress(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("status.loadBalancer.ingress")) return;

        ImmutableArray<IpAddress> addresses = [];
        bool isProxy = false;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "ipMode") isProxy = cursor.Scalar("status.loadBalancer.ingress[].ipMode") is "Proxy";
            else if (cursor.Key is not "ip" || cursor.Scalar("ip").IsEmpty) cursor.Skip();
            else if (cursor.TryReadAddress("status.loadBalancer.ingress[].ip", out IpAddress address))
                addresses = [address];
        }

        _service = isProxy
            ? _service with { LoadBalancerProxyIps = _service.LoadBalancerProxyIps.AddRange(addresses) }
            : _service with { LoadBalancerIps = _service.LoadBalancerIps.AddRange(addresses) };
    }

    private void ReadAffinityConfig(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("spec.sessionAffinityConfig")) return;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is not "clientIP" || !cursor.EnterMap("spec.sessionAffinityConfig.clientIP"))
            {
                cursor.Skip();
                continue;
            }

            KeyScope inner = default;
            while (cursor.NextKey(ref inner))
            {
                if (cursor.Key is "timeoutSeconds")
                    _affinitySeconds = cursor.ReadNumber("timeoutSeconds", 1, MaxAffinitySeconds);
                else cursor.Skip();
            }
        }
    }

    private static ServicePort ReadPort(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("spec.ports")) throw cursor.Expected("a map", "spec.ports");

        string name = "";
        byte protocol = IpProtocol.Tcp;
        ushort port = 0, nodePort = 0;
        PortReference target = default;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "name": name = cursor.ReadText("spec.ports[].name"); break;
                case "protocol": protocol = cursor.ReadProtocol("spec.ports[].protocol"); break;
                case "port": port = cursor.ReadPort("spec.ports[].port"); break;
                case "targetPort": target = cursor.ReadPortReference("spec.ports[].targetPort"); break;
                case "nodePort":
                    nodePort = (ushort)cursor.ReadNumber("spec.ports[].nodePort", 0, ushort.MaxValue);
                    break;
                default: cursor.Skip(); break;
            }
        }

        return port != 0
            ? new ServicePort(name, protocol, port, target, nodePort, place)
            : throw new ObjectDamageException(place.Line, "spec.ports[] has no port");
    }

    private static ServiceType ReadType(ManifestCursor cursor) => cursor.Scalar("spec.type") switch
    {
        "ClusterIP" or "" => ServiceType.ClusterIP,
        "NodePort" => ServiceType.NodePort,
        "LoadBalancer" => ServiceType.LoadBalancer,
        "ExternalName" => ServiceType.ExternalName,
        ReadOnlySpan<char> other =>
            throw Unknown(cursor, "spec.type", other, "ClusterIP, NodePort, LoadBalancer or ExternalName"),
    };

    private static TrafficPolicy ReadPolicy(ManifestCursor cursor, string what) => cursor.Scalar(what) switch
    {
        "Cluster" or "" => TrafficPolicy.Cluster,
        "Local" => TrafficPolicy.Local,
        ReadOnlySpan<char> other => throw Unknown(cursor, what, other, "Cluster or Local"),
    };

    private static bool ReadAffinity(ManifestCursor cursor) => cursor.Scalar("spec.sessionAffinity") switch
    {
        "ClientIP" => true,
        "None" or "" => false,
        ReadOnlySpan<char> other => throw Unknown(cursor, "spec.sessionAffinity", other, "None or ClientIP"),
    };

    private static ObjectDamageException Unknown(
        ManifestCursor cursor, string what, ReadOnlySpan<char> text, string known) =>
        new(cursor.Line, $"{what} is \"{ManifestCursor.Shorten(text)}\", not {known}");
}
