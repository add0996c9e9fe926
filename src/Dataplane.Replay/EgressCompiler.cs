using Dataplane.Cluster.Network;
using Dataplane.Core;

namespace Dataplane.Replay;

/// <summary>Turns the model's egress addresses into the table that the stages ask.</summary>
internal static class EgressCompiler
{
    /// <summary>Each pod's group: the first assignment that has it; from 1, 0 for none.</summary>
    public static ushort[] GroupsOf(NetworkModel model)
    {
        ushort[] groups = new ushort[model.Pods.Length];
        for (int group = model.EgressAddresses.Length - 1; group >= 0; group--)
        {
            foreach (int pod in model.EgressAddresses[group].Pods) groups[pod] = (ushort)(group + 1);
        }

        return groups;
    }

    /// <summary>Null where no pod leaves the cluster with an address of its own.</summary>
    public static EgressTable? Compile(NetworkModel model, AddressNames names) => model.EgressAddresses.IsEmpty
        ? null
        : new EgressTable(model.EgressAddresses.Select(assignment => new EgressGroup(
            HoldersOf(assignment, 4, names), HoldersOf(assignment, 6, names), assignment.PrefersOwnNode)));

    private static EgressHolder[] HoldersOf(EgressAssignment assignment, int family, AddressNames names) =>
    [
        .. assignment.Addresses.Where(address => address.Address.Family == family)
            .Select(address => new EgressHolder(TopologyCompiler.Name(address.Address, names), (ushort)address.Node)),
    ];
}
