using System.Runtime.InteropServices;

namespace Dataplane.Core;

/// <summary>Addresses that groups of pods leave the cluster with, and the nodes that hold them.</summary>
public sealed class EgressTable
{
    private readonly EgressGroup[] _groups;

    /// <param name="groups">By the number that endpoints have, from 1.</param>
    public EgressTable(IEnumerable<EgressGroup> groups) => _groups = [default, .. groups];

    /// <summary>
    /// The address for what a pod of the group sends from this node to a destination outside: what came to this node through
    /// the tunnel for it takes the node's own. False where there is none of the family, or of this node, and the packet goes as others do.
    /// </summary>
    public bool TryChoose(int group, in FlowKey key, ushort node, bool isArrived, out EgressHolder holder)
    {
        ref EgressGroup asked = ref _groups[group];
        ReadOnlySpan<EgressHolder> holders = key.Family == 6 ? asked.V6 : asked.V4;
        holder = new EgressHolder(0, Lane.UnknownNode);
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

        holder = holders[(int)(FlowHash.Mix((ulong)key.Source << 32 | key.Destination, key.Protocol) % (uint)holders.Length)];
        return true;
    }
}

/// <summary>One group's addresses, of both families; without any, nobody holds one.</summary>
public readonly record struct EgressGroup(EgressHolder[] V4, EgressHolder[] V6, bool PrefersOwnNode);

/// <summary>An address (a name) and its node; <see cref="Lane.UnknownNode"/>: there is none.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EgressHolder(uint Address, ushort Node);
