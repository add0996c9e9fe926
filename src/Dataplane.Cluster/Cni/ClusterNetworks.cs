using System.Collections.Immutable;
using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>The network of all pods, where it is said or has to be assumed.</summary>
internal static class ClusterNetworks
{
    /// <summary>
    /// For each family what is said, else the CNI's default where that holds all pods, else the smallest prefix that
    /// does.
    /// </summary>
    public static ImmutableArray<IpPrefix> Choose(
        CniRequest request, IEnumerable<IpPrefix> said, IEnumerable<IpPrefix> pods, IpPrefix standard,
        AssumptionWords words)
    {
        ImmutableArray<IpPrefix> networks = [];
        foreach (int family in new[] { 4, 6 })
        {
            IpPrefix[] nodes = [.. pods.Where(prefix => prefix.Address.Family == family)];
            IpPrefix[] given = [.. said.Where(prefix => prefix.Address.Family == family)];
            if (given.Length == 0 && nodes.Length == 0) continue;

            IpPrefix[] chosen = given.Length > 0 ? given : [Assume(request, nodes, standard, words)];
            networks = networks.AddRange(chosen);
            IpPrefix[] outside = [.. nodes.Where(prefix => !chosen.Any(network => network.Contains(prefix.Address)))];
            if (outside.Length > 0)
                request.Note(
                    $"outside the cluster's network {string.Join(", ", chosen)}, where {words.Cni} masquerades: "
                    + $"podCIDRs {NameList.Of(outside, shown: 5)}");
        }

        return networks;
    }

    private static IpPrefix Assume(CniRequest request, IpPrefix[] pods, IpPrefix standard, AssumptionWords words)
    {
        bool isDefault = pods.All(prefix => standard.Contains(prefix.Address) && prefix.Length >= standard.Length);
        IpPrefix network = isDefault ? standard : Cover(pods);
        string why = isDefault ? $"{words.Cni}'s default, which holds all podCIDRs"
            : "the smallest prefix that holds all podCIDRs";
        request.Note($"cluster network {network} assumed: {why} ({words.Remedy})");
        return network;
    }

    private static IpPrefix Cover(IpPrefix[] prefixes)
    {
        IpPrefix cover = prefixes[0];
        foreach (IpPrefix prefix in prefixes)
        {
            int length = Math.Min(cover.Length, prefix.Length);
            while (new IpPrefix(cover.Address, length) != new IpPrefix(prefix.Address, length)) length--;
            cover = new IpPrefix(cover.Address, length);
        }

        return cover;
    }
}

/// <summary>Whose default it is, and what says another.</summary>
internal readonly record struct AssumptionWords(string Cni, string Remedy);
