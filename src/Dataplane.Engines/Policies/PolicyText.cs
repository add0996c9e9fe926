using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Engines.Policies;

/// <summary>Selectors, ports and places as explanations write them.</summary>
internal static class PolicyText
{
    public static string Of(PolicyDirection direction) => direction == PolicyDirection.Ingress ? "ingress" : "egress";

    public static string Of(LabelRequirement requirement) => requirement.Operator switch
    {
        LabelOperator.In when requirement.Values.Length == 1 => $"{requirement.Key}={requirement.Values[0]}",
        LabelOperator.In => $"{requirement.Key} in ({string.Join(", ", requirement.Values)})",
        LabelOperator.NotIn when requirement.Values.Length == 1 => $"{requirement.Key}!={requirement.Values[0]}",
        LabelOperator.NotIn => $"{requirement.Key} notin ({string.Join(", ", requirement.Values)})",
        LabelOperator.Exists => $"the label {requirement.Key}",
        _ => $"no label {requirement.Key}",
    };

    /// <summary>
    /// matchLabels, in order of their keys, as the requirements that they are short for; then matchExpressions.
    /// </summary>
    public static IEnumerable<LabelRequirement> Requirements(LabelSelector selector) =>
    [
        .. selector.MatchLabels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])),
        .. selector.MatchExpressions,
    ];

    /// <summary><c>443/tcp</c>, <c>8000-8090/tcp</c>, <c>all of udp</c>, <c>http (8080/tcp)</c>.</summary>
    public static string Of(PortMatch match, ImmutableArray<ContainerPort> named)
    {
        if (match.Name is { } name) return $"{name} ({Meaning(match, named)})";
        if (match is { First: 0, Last: ushort.MaxValue }) return $"all of {Protocol(match.Protocol)}";

        string range = match.First == match.Last
            ? match.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{match.First}-{match.Last}");
        return $"{range}/{Protocol(match.Protocol)}";
    }

    public static string PortOf(in PolicyQuestion question) =>
        question.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp
            ? string.Create(CultureInfo.InvariantCulture, $"port {question.Port}/{Protocol(question.Protocol)}")
            : Protocol(question.Protocol);

    /// <summary>A policy with its kind where it is none of the namespaced ones.</summary>
    public static string Of(CompiledPolicy policy) => policy.Tier switch
    {
        PolicyTier.Admin => $"AdminNetworkPolicy {policy}",
        PolicyTier.Baseline => $"BaselineAdminNetworkPolicy {policy}",
        PolicyTier.Outside => $"{policy.Kind} {policy}",
        _ => policy.ToString(),
    };

    /// <summary><c>ingress[0] of shop/db (policies.yaml:12)</c>.</summary>
    public static string Of(PolicyModel model, CompiledRule rule)
    {
        string name = rule.Name.Length == 0 ? "" : $" \"{rule.Name}\"";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Of(rule.Direction)}[{rule.Index}]{name} of {Of(model.Policies[rule.Policy])} ({rule.Source})");
    }

    /// <summary>The pod's own name where the question names it or nobody shares its identity.</summary>
    public static string PodOf(PolicyModel model, int identity, int? pod)
    {
        PolicyIdentity labels = model.Identities[identity];
        int? known = pod ?? (labels.Pods.Length == 1 ? labels.Pods[0] : null);
        if (known is { } position) return model.Snapshot.Pods[position].ToString();

        string[] texts = [.. labels.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{label.Key}={label.Value}")];
        return texts.Length == 0
            ? $"a pod of {labels.Namespace} without labels"
            : $"a pod of {labels.Namespace} with {string.Join(',', texts)}";
    }

    /// <summary>
    /// The other side: a pod, or an address, with the pod's name where it has no identity of its own.
    /// </summary>
    public static string PeerOf(PolicyModel model, in PolicyQuestion question)
    {
        if (question.Peer >= 0) return PodOf(model, question.Peer, question.PeerPod);

        return question.PeerPod is { } pod
            ? $"{model.Snapshot.Pods[pod]} ({question.PeerAddress})"
            : question.PeerAddress.ToString();
    }

    private static string Meaning(PortMatch match, ImmutableArray<ContainerPort> named)
    {
        string[] numbers =
        [
            .. named.Where(port => port.Name == match.Name && (match.Protocol == 0 || port.Protocol == match.Protocol))
                .Select(port => string.Create(CultureInfo.InvariantCulture, $"{port.Port}/{Protocol(port.Protocol)}")),
        ];
        return numbers.Length == 0 ? "which the destination does not have" : string.Join(", ", numbers);
    }

    private static string Protocol(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Sctp => "sctp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.Icmpv6 => "icmpv6",
        _ => string.Create(CultureInfo.InvariantCulture, $"protocol {protocol}"),
    };
}
