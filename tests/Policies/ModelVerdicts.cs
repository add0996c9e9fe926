using Dataplane.Core;
using Dataplane.Engines.Policies;

namespace Dataplane.Tests.Policies;

/// <summary>The compiled model asked for whole flows, as the reference is.</summary>
internal static class ModelVerdicts
{
    public static bool IsEgressAllowed(PolicyModel model, in PolicyFlow flow) =>
        IsAllowed(model, QuestionOf(model, flow, PolicyDirection.Egress));

    public static bool IsIngressAllowed(PolicyModel model, in PolicyFlow flow) =>
        IsAllowed(model, QuestionOf(model, flow, PolicyDirection.Ingress));

    /// <summary>
    /// One direction of a flow in the model's terms; null where the pod in question is none of the model's.
    /// </summary>
    public static PolicyQuestion? QuestionOf(PolicyModel model, in PolicyFlow flow, PolicyDirection direction)
    {
        (FlowEnd subject, FlowEnd peer) = direction == PolicyDirection.Ingress
            ? (flow.Destination, flow.Source)
            : (flow.Source, flow.Destination);
        int identity = IdentityOf(model, subject);
        return identity < 0 ? null : new PolicyQuestion
        {
            Direction = direction,
            Subject = identity,
            SubjectPod = subject.Pod,
            PeerPod = peer.Pod < 0 ? null : peer.Pod,
            Peer = IdentityOf(model, peer),
            PeerAddress = peer.Address,
            Protocol = flow.Protocol,
            Port = flow.Port,
        };
    }

    private static int IdentityOf(PolicyModel model, FlowEnd end) => end.Pod < 0 ? -1 : model.IdentityOfPod[end.Pod];

    private static bool IsAllowed(PolicyModel model, PolicyQuestion? question) =>
        question is not { } asked || PolicyEvaluator.Judge(model, asked).IsAllowed;
}
