using System.Collections.Immutable;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni.Flannel;

/// <summary>Which backend it is: the setting's, else the nodes' annotations', else net-conf.json's.</summary>
internal static class FlannelBackends
{
    public static FlannelBackend Choose(
        FlannelConfiguration configuration, ImmutableArray<FlannelAnnotations> nodes, CniRequest request)
    {
        FlannelAnnotations[] typed = [.. nodes.Where(node => node.BackendType is not null)];
        string type = typed.FirstOrDefault()?.BackendType?.ToLowerInvariant() ?? configuration.BackendType ?? "vxlan";
        if (request.Settings.FlannelBackend is { } chosen)
        {
            if (type != NameOf(chosen))
                request.Note(
                    $"flannel backend {NameOf(chosen)} as --set flannel.backend says, where the manifests say "
                    + $"{SettingValues.Show(type)}");
            return chosen;
        }

        foreach (FlannelAnnotations node in typed)
        {
            FlannelBackend own = BackendOf(node.BackendType!.ToLowerInvariant(),
                $"{node.Node.Source}: node {node.Node.Name}");
            if (NameOf(own) == type) continue;
            request.Note(
                $"{node.Node.Source}: node {node.Node.Name} has flannel backend {NameOf(own)}, others {type}: "
                + $"{type} is used for all");
            break;
        }

        return BackendOf(type, $"{configuration.Source}: net-conf.json");
    }

    private static FlannelBackend BackendOf(string type, string place) => type switch
    {
        "vxlan" => FlannelBackend.Vxlan,
        "host-gw" => FlannelBackend.HostGateway,
        "ipip" => FlannelBackend.IpIp,
        _ => throw new InvalidDataException(
            $"{place}: flannel backend {SettingValues.Show(type)} is not built yet (--set flannel.backend=vxlan, "
            + $"host-gw or ipip replays another)"),
    };

    private static string NameOf(FlannelBackend backend) => backend switch
    {
        FlannelBackend.Vxlan => "vxlan",
        FlannelBackend.IpIp => "ipip",
        _ => "host-gw",
    };
}
