using System.Globalization;
using System.Text;

namespace Dataplane.Tests.Golden;

/// <summary>
/// The lab of a variant in a user's words: the cluster as <c>-f</c> takes it, the devices as <c>--set</c> does.
/// </summary>
public static class OverlayManifests
{
    /// <summary>
    /// Nodes <c>node-1</c> and <c>node-2</c> with Flannel's annotations, and the four pods, as YAML documents.
    /// </summary>
    public static string Yaml(OverlaySetup setup)
    {
        StringBuilder yaml = new();
        for (int node = 1; node <= 2; node++)
        {
            AppendNode(yaml, setup, node);
        }

        foreach ((string pod, string address) in setup.Pods)
        {
            AppendPod(yaml, setup, pod, address);
        }

        return yaml.ToString();
    }

    /// <summary>
    /// KEY=VALUE for <c>--set</c>: MTUs, MAC addresses, the tunnel; the lab's nodes have no way out of it.
    /// </summary>
    public static IReadOnlyList<string> Settings(OverlaySetup setup)
    {
        List<string> settings =
        [
            $"mtu.underlay={setup.UnderlayMtu}",
            $"mtu.tunnel={setup.TunnelMtu}",
            $"mtu.pod={setup.PodMtu}",
            $"node.node-1.mac={setup.NodeMacs[0]}",
            $"node.node-2.mac={setup.NodeMacs[1]}",
            $"bridge.node-1.mac={setup.MacOf("n1", "cni0")}",
            $"bridge.node-2.mac={setup.MacOf("n2", "cni0")}",
            "gateway=off",
            "flannel.ipMasq=off",
        ];
        settings.AddRange(setup.Pods.Keys.Select(pod => $"pod.default/{pod}.mac={setup.MacOf(pod, "eth0")}"));
        if (setup.Mode == "vxlan")
        {
            settings.Add($"{setup.Mode}.vni={setup.Vni}");
            settings.Add($"{setup.Mode}.port={setup.Port}");
            settings.AddRange(LinkOptions(setup.Mode, setup.LinkOptions));
        }

        return settings;
    }

    /// <summary>
    /// <c>ttl 17 srcport 49152 49153 noudpcsum</c> as settings. <c>ip link</c>'s last port is the first that is not
    /// used, the setting's is the last that is.
    /// </summary>
    private static IEnumerable<string> LinkOptions(string mode, string options)
    {
        string[] words = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int at = 0; at < words.Length; at++)
        {
            yield return words[at] switch
            {
                "udpcsum" => $"{mode}.udpcsum=on",
                "noudpcsum" => $"{mode}.udpcsum=off",
                "srcport" => $"{mode}.srcport={words[++at]}-{int.Parse(words[++at], CultureInfo.InvariantCulture) - 1}",
                string word => $"{mode}.{word}={words[++at]}",
            };
        }
    }

    private static void AppendNode(StringBuilder yaml, OverlaySetup setup, int node)
    {
        string backend = setup.Mode == "hostgw" ? "host-gw" : "vxlan";
        string data = setup.Mode == "hostgw"
            ? "null"
            : $$"""{"VNI":{{setup.Vni}},"VtepMAC":"{{setup.TunnelMacs[node - 1]}}"}""";
        string six = setup.HasIpv6Pods ? $", \"fd00:10:244:{node}::/64\"" : "";
        yaml.Append(
            $"""
            ---
            apiVersion: v1
            kind: Node
            metadata:
              name: node-{node}
              annotations:
                flannel.alpha.coreos.com/backend-type: {backend}
                flannel.alpha.coreos.com/backend-data: '{data}'
                flannel.alpha.coreos.com/public-ip: {setup.Nodes[node - 1]}
                flannel.alpha.coreos.com/kube-subnet-manager: "true"
            spec:
              podCIDR: 10.244.{node}.0/24
              podCIDRs: ["10.244.{node}.0/24"{six}]
            status:
              addresses:
              - type: InternalIP
                address: {setup.Nodes[node - 1]}

            """);
    }

    private static void AppendPod(StringBuilder yaml, OverlaySetup setup, string pod, string address)
    {
        IEnumerable<string> addresses = setup.AddressesOf(pod, "eth0").Select(own => $"{{\"ip\": \"{own}\"}}");
        yaml.Append(
            $"""
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: {pod}
              namespace: default
            spec:
              nodeName: node-{pod[1]}
            status:
              phase: Running
              podIP: {address}
              podIPs: [{string.Join(", ", addresses)}]

            """);
    }
}
