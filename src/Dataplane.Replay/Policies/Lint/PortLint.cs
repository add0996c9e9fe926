using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Replay.Policies.Lint;

/// <summary>
/// Ports that no container of the pods has that a rule opens them to: often a Service's port in their place.
/// </summary>
internal static class PortLint
{
    public static void Check(LintScope scope, NetworkPolicy policy)
    {
        ImmutableArray<Pod> subjects = scope.SubjectsOf(policy);
        foreach (PolicyRule rule in policy.Ingress)
        {
            foreach (PolicyPort port in rule.Ports) Check(scope, policy, port, subjects, "selected");
        }

        foreach (PolicyRule rule in policy.Egress)
        {
            ImmutableArray<Pod>? peers = PeersOf(scope, policy, rule);
            if (peers is null) continue;
            foreach (PolicyPort port in rule.Ports) Check(scope, policy, port, peers.Value, "peer");
        }
    }

    /// <summary>Null where a rule is about more than pods: outside, anything may listen.</summary>
    private static ImmutableArray<Pod>? PeersOf(LintScope scope, NetworkPolicy policy, PolicyRule rule)
    {
        if (rule.Peers.IsEmpty || rule.Peers.Any(peer => peer.Block is not null)) return null;

        return [.. rule.Peers.SelectMany(peer => scope.PodsOf(policy, peer) ?? []).Distinct()];
    }

    private static void Check(
        LintScope scope, NetworkPolicy policy, PolicyPort port, ImmutableArray<Pod> pods, string role)
    {
        if (pods.IsEmpty || port.Port.IsNone) return;

        string? complaint = port.Port.Name is { } name
            ? ComplainOfName(port, name, pods, role)
            : ComplainOfNumber(scope, port, pods, role);
        if (complaint is not null) scope.Warn(LintRule.NoSuchPort, port.Source, policy, complaint);
    }

    private static string? ComplainOfName(PolicyPort port, string name, ImmutableArray<Pod> pods, string role)
    {
        ContainerPort[] ports = [.. pods.SelectMany(pod => pod.Ports)];
        if (ports.Any(known => known.Name == name && known.Protocol == port.Protocol)) return null;

        string asked = $"port {name}/{Wording.Protocol(port.Protocol)}: "
            + $"no container of the {Count(pods, role)} has a port of that name";
        ContainerPort? other = ports.FirstOrDefault(known => known.Name == name);
        if (other is not null)
            return $"{asked} and protocol: "
                + $"it is {Wording.Protocol(other.Protocol)} there (protocol is TCP where it is absent)";

        string[] names = [.. ports.Select(known => known.Name)
            .Where(known => known.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        if (names.Length == 0) return $"{asked}, or any";

        string nearest = NearestWord.Of(name, names) ?? names.MinBy(known => NearestWord.Distance(name, known))!;
        ContainerPort meant = ports.First(known => known.Name == nearest);
        return $"{asked}; nearest is {nearest} ({Wording.Port(meant.Port, meant.Protocol)})";
    }

    /// <summary>containerPort is a note, not a promise: pods that declare none may listen on anything.</summary>
    private static string? ComplainOfNumber(LintScope scope, PolicyPort port, ImmutableArray<Pod> pods, string role)
    {
        if (pods.Any(pod => pod.Ports.IsEmpty)) return null;

        int last = port.EndPort == 0 ? port.Port.Number : port.EndPort;
        bool hasOne = pods.Any(pod => pod.Ports.Any(known =>
            known.Protocol == port.Protocol && known.Port >= port.Port.Number && known.Port <= last));
        if (hasOne) return null;

        string asked = port.EndPort == 0
            ? Wording.Port(port.Port.Number, port.Protocol)
            : string.Create(
                CultureInfo.InvariantCulture, $"{port.Port.Number}-{last}/{Wording.Protocol(port.Protocol)}");
        string[] have =
            [.. pods.SelectMany(pod => pod.Ports).Select(known => Wording.Port(known.Port, known.Protocol)).Distinct()];
        return $"port {asked}: no container of the {Count(pods, role)} has it; they have {Wording.List(have, 4)}"
            + ServiceHint(scope, port, pods);
    }

    private static string ServiceHint(LintScope scope, PolicyPort port, ImmutableArray<Pod> pods)
    {
        foreach (Service service in scope.Snapshot.Services.Where(service => !service.Selector.IsEmpty))
        {
            ServicePort? known = service.Ports.FirstOrDefault(known =>
                known.Port == port.Port.Number && known.Protocol == port.Protocol && !known.TargetPort.IsNone);
            bool isTheirs = known is not null && pods.Any(pod => pod.Namespace == service.Namespace
                && service.Selector.All(label => pod.Labels.GetValueOrDefault(label.Key) == label.Value));
            if (isTheirs)
                return $" ({port.Port} is the port of Service {service}: policies see what it translates to, "
                    + $"{known!.TargetPort})";
        }

        return "";
    }

    private static string Count(ImmutableArray<Pod> pods, string role) => Wording.Count(pods.Length, $"{role} pod");
}
