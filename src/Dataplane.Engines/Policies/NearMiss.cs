using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>How far a rule is from applying, and what of it did not match, in words.</summary>
/// <param name="Distance">0: it matches; each thing that does not adds to it.</param>
/// <param name="Text">What it asks for, and what it got.</param>
internal readonly record struct NearMiss(int Distance, string Text)
{
    // A label is nearer than a namespace, a namespace than something that is no pod at all.
    private const int Label = 2;
    private const int MissingLabel = 3;
    private const int Namespace = 3;
    private const int OtherPort = 2;
    private const int OtherProtocol = 3;
    private const int OtherAddress = 4;
    private const int NoPod = 6;

    public static NearMiss Of(PolicyModel model, CompiledRule rule, in PolicyQuestion question)
    {
        NearMiss peer = PolicyEvaluator.MatchesPeer(rule, question) ? default : ClosestPeer(model, rule, question);
        NearMiss port = PolicyEvaluator.MatchesPort(model, rule, question) ? default : PortMiss(model, rule, question);
        string[] texts = [.. ((string?[])[peer.Text, port.Text]).Where(text => text is not null).Select(text => text!)];
        return new NearMiss(peer.Distance + port.Distance, string.Join("; ", texts));
    }

    private static NearMiss ClosestPeer(PolicyModel model, CompiledRule rule, PolicyQuestion question) =>
        rule.PeerSelectors.Select(peer => SelectorMiss(model, model.Selectors[peer.Selector], question))
            .Concat(rule.PeerBlocks.Select(block => BlockMiss(block, question.PeerAddress)))
            .DefaultIfEmpty(new NearMiss(NoPod, "none of its peers exists"))
            .MinBy(miss => miss.Distance);

    private static NearMiss SelectorMiss(PolicyModel model, PolicySelector selector, in PolicyQuestion question)
    {
        if (question.Peer < 0) return StrangerMiss(model, selector, question);

        PolicyIdentity peer = model.Identities[question.Peer];
        List<string> texts = [];
        int distance = 0;
        if (selector.NamespaceSelector is null && selector.Namespace != peer.Namespace)
        {
            distance += Namespace;
            texts.Add($"it asks for pods of namespace {selector.Namespace}; the pod is in {peer.Namespace}");
        }

        Compare(selector.NamespaceSelector, peer.NamespaceLabels, $"namespace {peer.Namespace}", "namespaces with ");
        Compare(selector.PodSelector, peer.Labels, "the pod", "");
        return new NearMiss(distance, string.Join("; ", texts));

        void Compare(LabelSelector? wanted, ImmutableDictionary<string, string> labels, string owner, string what)
        {
            foreach (LabelRequirement requirement in wanted is null ? [] : PolicyText.Requirements(wanted))
            {
                if (requirement.Matches(labels)) continue;

                bool isPresent = labels.TryGetValue(requirement.Key, out string? value);
                distance += isPresent ? Label : MissingLabel;
                string actual = isPresent ? $"{requirement.Key}={value}" : $"no label {requirement.Key}";
                texts.Add($"it asks for {what}{PolicyText.Of(requirement)}; {owner} has {actual}");
            }
        }
    }

    // The trap: a pod of the host's network has labels that nobody asks, for its packets come from its node.
    private static NearMiss StrangerMiss(PolicyModel model, PolicySelector selector, in PolicyQuestion question)
    {
        string wanted = $"it asks for pods{WantedBy(selector)}";
        Pod? host = question.PeerPod is { } pod && model.Snapshot.Pods[pod].HostNetwork
            ? model.Snapshot.Pods[pod]
            : null;
        return host is not null && selector.PodSelector.Matches(host.Labels)
            ? new NearMiss(Label,
                $"{wanted}; {PolicyText.PeerOf(model, question)} is on its node's network, "
                + "where selectors do not see it")
            : new NearMiss(NoPod, $"{wanted}; {question.PeerAddress} is none of them");
    }

    private static string WantedBy(PolicySelector selector)
    {
        string labels = string.Join(',', PolicyText.Requirements(selector.PodSelector).Select(PolicyText.Of));
        string wanted = labels.Length == 0 ? "" : $" with {labels}";
        if (selector.NamespaceSelector is null) return $"{wanted} in namespace {selector.Namespace}";

        string spaces = string.Join(',', PolicyText.Requirements(selector.NamespaceSelector).Select(PolicyText.Of));
        return spaces.Length == 0 ? wanted : $"{wanted} in namespaces with {spaces}";
    }

    private static NearMiss BlockMiss(PeerBlock block, IpAddress address)
    {
        string wanted = block.Node is { } node ? $"node {node} ({block.Block.Address})" : block.Block.ToString();
        if (!block.Block.Contains(address))
            return new NearMiss(OtherAddress, $"it asks for {wanted}; the address is {address}");

        IpPrefix hole = block.Except.First(except => except.Contains(address));
        return new NearMiss(Label, $"it asks for {wanted} except {hole}; the address is {address}");
    }

    private static NearMiss PortMiss(PolicyModel model, CompiledRule rule, PolicyQuestion question)
    {
        ImmutableArray<ContainerPort> named =
            question.Destination < 0 ? [] : model.Identities[question.Destination].NamedPorts;
        bool isProtocol = rule.Ports.Any(port => port.Protocol == question.Protocol || port.Protocol == 0);
        string ports = string.Join(", ", rule.Ports.Select(port => PolicyText.Of(port, named)));
        return new NearMiss(
            isProtocol ? OtherPort : OtherProtocol, $"{PolicyText.PortOf(question)} is not among {ports}");
    }
}
