using System.Collections.Immutable;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni.Calico;

/// <summary>Which nodes reach each other at layer 2: those of one subnet, as BIRD tells them apart.</summary>
internal sealed class CalicoSegments
{
    private readonly ImmutableArray<int> _byNode;

    private CalicoSegments(ImmutableArray<int> byNode) => _byNode = byNode;

    public int Of(int node) => _byNode[node];

    public static CalicoSegments Find(ImmutableArray<CalicoAnnotations> nodes, CalicoPlan plan, CniRequest request)
    {
        List<IpPrefix> subnets = [.. nodes
            .Where(node => node.SubnetV4 is not null).Select(node => node.SubnetV4!.Value).Distinct()];
        var segments = ImmutableArray.CreateBuilder<int>(nodes.Length);
        List<string> unknown = [];
        foreach (CalicoAnnotations node in nodes)
        {
            int found = node.SubnetV4 is { } own
                ? subnets.IndexOf(own)
                : subnets.FindIndex(subnet => node.Node.InternalIps.Any(subnet.Contains));
            if (found < 0) unknown.Add(node.Node.Name);
            segments.Add(Math.Max(found, 0));
        }

        bool isSubnetAsked = plan.V4.Direct != DirectRouting.Never;
        if (isSubnetAsked && unknown.Count > 0 && nodes.Length > 1)
            request.Note(
                $"without projectcalico.org/IPv4Address and its subnet, so taken to share one layer-2 segment: "
                + NameList.OfNodes(unknown));
        if (plan.V4.Direct == DirectRouting.Always && segments.Distinct().Count() > 1)
            request.Note(
                $"nodes stand in several subnets ({NameList.Of(subnets, shown: 5)}) and there is no tunnel: the fabric "
                + "between them must have routes to the nodes' blocks "
                + "(calico.ipip or calico.vxlan=CrossSubnet needs none)");

        return new CalicoSegments(segments.DrainToImmutable());
    }
}
