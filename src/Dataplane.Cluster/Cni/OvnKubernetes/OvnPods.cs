using System.Collections.Immutable;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Network;
using Dataplane.Cluster.Settings;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.OvnKubernetes;

/// <summary>Pods with the MAC of their annotation k8s.ovn.org/pod-networks, and the key of their port.</summary>
internal static class OvnPods
{
    /// <summary>Behind the router's port and the management port.</summary>
    public const ushort FirstPort = 3;

    private const string Annotation = OvnAnnotations.Prefix + "pod-networks";

    public static ImmutableArray<PodNetwork> Compile(CniRequest request)
    {
        ImmutableArray<PodNetwork> pods = CniPods.Compile(request);
        Dictionary<string, ushort> ports = Number(pods);
        return [.. pods.Select(pod => Complete(pod, ports, request))];
    }

    private static PodNetwork Complete(PodNetwork pod, Dictionary<string, ushort> ports, CniRequest request)
    {
        string name = pod.Pod.ToString();
        PodNetwork numbered = pod with
        {
            PortKey = (ushort)request.Settings.OvnKeys.PodPorts.GetValueOrDefault(name, ports[name]),
        };
        return !pod.MacKnown && AnnotatedMac(pod.Pod, request) is { } mac
            ? numbered with { Mac = mac, MacKnown = true }
            : numbered;
    }

    private static MacAddress? AnnotatedMac(Pod pod, CniRequest request)
    {
        if (!pod.Annotations.TryGetValue(Annotation, out string? text)) return null;
        if (GoJson.TryParse(text, out JsonElement networks)
            && GoJson.Field(networks, "default") is { } network
            && SettingValues.TryDeviceMac(GoJson.Text(network, "mac_address"), out MacAddress mac)) return mac;

        request.Note($"{pod.Source}: pod {pod}: no mac_address of a device in annotation {Annotation}: ignored");
        return null;
    }

    /// <summary>On each node in the order of the addresses.</summary>
    private static Dictionary<string, ushort> Number(ImmutableArray<PodNetwork> pods)
    {
        Dictionary<string, ushort> ports = [];
        foreach (IGrouping<int, PodNetwork> node in pods.GroupBy(pod => pod.Node))
        {
            ushort next = FirstPort;
            foreach (PodNetwork pod in node.OrderBy(pod => pod.V4.IsNone ? pod.V6 : pod.V4))
                ports.TryAdd(pod.Pod.ToString(), next++);
        }

        return ports;
    }
}
