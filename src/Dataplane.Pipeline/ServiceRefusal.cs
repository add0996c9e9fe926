using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Packets to a Service that has nobody for them, or nobody for this client.</summary>
internal static class ServiceRefusal
{
    // kube-proxy rejects in the filter table, behind the routing decision: the packet has lost its TTL there.
    public static void Apply(PacketBurst burst, ref Lane lane, in ServiceVerdict verdict, PipelineState state)
    {
        DropReason reason = verdict.Drop == DropReason.None ? DropReason.NoBackend : verdict.Drop;
        if (verdict.Outcome == ServiceOutcome.NoBackend)
        {
            bool isForwarded = lane.Destination.Kind != PlaceKind.Node && lane.Entry != Entry.LocalOutput;
            if (isForwarded && PacketEdit.Ttl(in lane) <= 1)
            {
                Answers.Refuse(burst, ref lane, DropReason.TtlExceeded, state);
                burst.Drop(ref lane, DropReason.TtlExceeded, Stage.Route);
                return;
            }

            if (isForwarded) PacketEdit.ChangeTtl(ref lane, -1);
            Answers.Refuse(burst, ref lane, reason, state);
        }

        burst.Drop(ref lane, reason, Stage.Select);
    }
}
