using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>Addresses that groups of pods leave the cluster with, and the nodes that hold them.</summary>
public sealed class EgressTable
{
    private readonly EgressGroup[] _groups;

    /// <param name="groups">By the number that endpoints have, from 1.</param>
    public EgressTable(IEnumerable<EgressGroup> groups) => _groups = [default, .. groups];

    /// <summary>
    /// The address for what a pod of the group sends from this node to a destination outside: what came to this node
    /// through the tunnel for it takes the node's own. False where there is none of the family, or of this node, and
    /// the packet goes as others do.
    /// </summary>
    public bool TryChoose(int group, in FlowKey key, ushort node, bool isArrived, out EgressHolder holder)
    {
        holder = default;
        int chosen = GroupFor(group, in key);
        if (chosen == 0) return false;

        ref EgressGroup asked = ref _groups[chosen];
        ReadOnlySpan<EgressHolder> holders = key.Family == 6 ? asked.V6 : asked.V4;
        holder = new EgressHolder(0, Lane.UnknownNode) { Missing = asked.Missing };
        if (holders.IsEmpty) return asked.V4.Length + asked.V6.Length == 0;

        if (isArrived | asked.PrefersOwnNode)
        {
            foreach (ref readonly EgressHolder own in holders)
            {
                if (own.Node != node) continue;
                holder = own;
                return true;
            }

            if (isArrived) return false;
        }

        holder = holders[
            (int)(FlowHash.Mix((ulong)key.Source << 32 | key.Destination, key.Protocol) % (uint)holders.Length)];
        return true;
    }

    /// <summary>The group that has the destination, where pods have several; 0: none, it goes as others do.</summary>
    public int GroupFor(int group, in FlowKey key)
    {
        if (_groups[group].Scopes is not { } scopes) return group;
        if (key.Family != 4) return 0;

        foreach (ref readonly EgressScope scope in scopes.AsSpan())
        {
            if ((key.Destination & scope.Mask) == scope.Address) return scope.Group;
        }

        return 0;
    }
}

/// <summary>One group's addresses, of both families; without any, nobody holds one.</summary>
public readonly record struct EgressGroup(EgressHolder[] V4, EgressHolder[] V6, bool PrefersOwnNode)
{
    /// <summary>Why packets go nowhere where nobody holds one.</summary>
    public DropReason Missing { get; init; } = DropReason.NoEgressAddress;

    /// <summary>Other groups by destination, the longest prefix first; null: this one is for all.</summary>
    public EgressScope[]? Scopes { get; init; }
}

/// <summary>IPv4 destinations of a group's pods, and the group that they have; 0: none.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EgressScope(uint Address, uint Mask, ushort Group);

/// <summary>An address (a name) and its node; <see cref="Lane.UnknownNode"/>: there is none.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EgressHolder(uint Address, ushort Node)
{
    /// <summary>Why a packet goes nowhere, where there is none.</summary>
    public DropReason Missing { get; init; }
}
