using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Policies;

/// <summary>
/// Clusters with policies, made up from a seed: few labels, few ports and small address ranges, so that rules meet pods
/// often. The same seed gives the same cluster and the same flows.
/// </summary>
internal sealed class RandomPolicies
{
    private static readonly string[] Spaces = ["a", "b", "c"];
    private static readonly string[] PortNames = ["http", "dns", "sig", "nobody"];
    private static readonly ushort[] Ports = [1, 53, 79, 80, 81, 443, 8080, 8081, 9000, 9001, 65535];
    private static readonly byte[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];
    private static readonly string[] Outside =
        ["203.0.113.7", "203.0.113.200", "198.51.100.1", "10.244.99.9", "2001:db8:99::7", "2001:db8:98::1",
            "fd00:244:ffff::9"];
    private static readonly string[] Blocks =
        ["0.0.0.0/0", "10.244.0.0/16", "10.244.1.0/24", "203.0.113.0/24", "128.0.0.0/1", "203.0.113.7/32", "::/0",
            "fd00:244::/32", "fd00:244:1::/48", "2001:db8::/32"];

    private readonly Random _random;
    private readonly ImmutableArray<FlowEnd> _ends;
    private int _line;

    public RandomPolicies(int seed)
    {
        _random = new Random(seed);
        ImmutableArray<Node> nodes = [.. Enumerable.Range(1, 2).Select(NodeOf)];
        ImmutableArray<Pod> pods = [.. Enumerable.Range(0, Below(8) + 4).Select(number => PodOf(number, nodes))];
        Snapshot = new ClusterSnapshot
        {
            Nodes = nodes,
            Namespaces = [.. Spaces.Where(_ => Chance(80)).Select(NamespaceOf)],
            Pods = pods,
            AdminNetworkPolicies =
                [.. Enumerable.Range(0, Below(4)).Select(number => AdminPolicyOf(number, isBaseline: false))],
            NetworkPolicies = [.. Enumerable.Range(0, Below(7)).Select(PolicyOf)],
            BaselineAdminNetworkPolicies = Chance(40) ? [AdminPolicyOf(0, isBaseline: true)] : [],
        };
        _ends =
        [
            .. pods.SelectMany((pod, number) => pod.Addresses.Select(address => new FlowEnd(number, address))),
            .. Outside.Select(text => FlowEnd.Outside(IpAddress.Parse(text))),
            .. nodes.SelectMany(node => node.InternalIps).Select(FlowEnd.Outside),
        ];
    }

    public ClusterSnapshot Snapshot { get; }

    /// <summary>Flows between two places of which one is a pod, never from a pod to itself.</summary>
    public IEnumerable<PolicyFlow> Flows(int count)
    {
        while (count > 0)
        {
            FlowEnd source = Any(_ends), destination = Any(_ends);
            bool isPair = source.Address.Family == destination.Address.Family && source.Pod != destination.Pod;
            if (!isPair) continue;

            count--;
            yield return new PolicyFlow(source, destination, Any(Protocols), Any(Ports));
        }
    }

    private Node NodeOf(int number) => new($"n{number}", Next())
    {
        Labels = Chance(60) ? Labels("role", "edge") : Labels("role", "core"),
        InternalIps =
        [
            IpAddress.Parse(Text($"192.168.56.{number}")), IpAddress.Parse(Text($"fd00:56::{number}")),
        ],
    };

    private Namespace NamespaceOf(string name) => new(name, Next()) { Labels = RandomLabels("env", "team") };

    private Pod PodOf(int number, ImmutableArray<Node> nodes)
    {
        Node node = Any(nodes);
        bool isHost = Chance(8);
        return new Pod(Any(Spaces), Text($"p{number}"), Next())
        {
            NodeName = node.Name,
            HostNetwork = isHost,
            Phase = "Running",
            Labels = RandomLabels("app", "tier"),
            Addresses = isHost ? node.InternalIps :
            [
                IpAddress.Parse(Text($"10.244.{node.Name[1]}.{number + 2}")), IpAddress.Parse(
                    Text($"fd00:244:{node.Name[1]}::{number + 2}")),
            ],
            Ports = [.. Enumerable.Range(0, Below(4))
                .Select(_ => new ContainerPort(Any(PortNames), Any(Ports), Any(Protocols)))],
        };
    }

    private NetworkPolicy PolicyOf(int number)
    {
        ImmutableArray<PolicyRule> ingress = [.. Enumerable.Range(0, Below(3)).Select(_ => RuleOf())];
        ImmutableArray<PolicyRule> egress = [.. Enumerable.Range(0, Below(3)).Select(_ => RuleOf())];
        int types = Below(4);
        return new NetworkPolicy(Any(Spaces), Text($"np{number}"), Next())
        {
            PodSelector = Selector("app", "tier"),
            PolicyTypesGiven = types > 0,
            HasIngressType = (types & 1) != 0,
            HasEgressType = (types & 2) != 0,
            Ingress = ingress,
            Egress = egress,
        };
    }

    private PolicyRule RuleOf() => new(
        [.. Enumerable.Range(0, Below(3)).Select(_ => PeerOf())],
        [.. Enumerable.Range(0, Below(3)).Select(_ => PortOf())],
        Next());

    private PolicyPeer PeerOf()
    {
        var peer = new PolicyPeer(Next());
        if (Chance(35))
        {
            IpPrefix block = IpPrefix.Parse(Any(Blocks));
            return peer with
            {
                Block = block,
                Except = [.. Enumerable.Range(0, Below(3)).Select(_ => HoleIn(block)).OfType<IpPrefix>()],
            };
        }

        int shape = Below(3);
        return peer with
        {
            PodSelector = shape != 0 ? Selector("app", "tier") : null,
            NamespaceSelector = shape != 1 ? Selector("env", "team") : null,
        };
    }

    // A narrower prefix around one of the addresses that flows have.
    private IpPrefix? HoleIn(IpPrefix block)
    {
        IpAddress[] inside =
            [.. Outside.Append("10.244.1.3").Append("fd00:244:1::3").Select(IpAddress.Parse).Where(block.Contains)];
        if (inside.Length == 0 || block.Length == block.Address.Bits) return null;

        return new IpPrefix(Any(inside), block.Length + 1 + Below(block.Address.Bits - block.Length));
    }

    private PolicyPort PortOf()
    {
        byte protocol = Any(Protocols);
        ushort first = Any(Ports), last = Any(Ports);
        return Below(5) switch
        {
            0 => new PolicyPort(protocol, default, 0, Next()),
            1 => new PolicyPort(protocol, new PortReference(0, Any(PortNames)), 0, Next()),
            2 when last >= first => new PolicyPort(protocol, new PortReference(first, null), last, Next()),
            _ => new PolicyPort(protocol, new PortReference(first, null), 0, Next()),
        };
    }

    private AdminNetworkPolicy AdminPolicyOf(int number, bool isBaseline) =>
        new(isBaseline ? "default" : Text($"anp{number}"), Next())
        {
            Priority = isBaseline ? 0 : Below(3),
            Subject = PodsOf(),
            Ingress = [.. Enumerable.Range(0, Below(4)).Select(_ => AdminRuleOf(isBaseline, isEgress: false))],
            Egress = [.. Enumerable.Range(0, Below(4)).Select(_ => AdminRuleOf(isBaseline, isEgress: true))],
        };

    private AdminPolicyRule AdminRuleOf(bool isBaseline, bool isEgress) =>
        new((AdminPolicyAction)Below(isBaseline ? 2 : 3), Next())
        {
            Name = Chance(50) ? "named" : "",
            Peers = [.. Enumerable.Range(0, Below(2) + 1).Select(_ => AdminPeerOf(isEgress))],
            Ports = [.. Enumerable.Range(0, Below(3)).Select(_ => AdminPortOf())],
        };

    private AdminPolicyPeer AdminPeerOf(bool isEgress) => (isEgress ? Below(4) : 0) switch
    {
        2 => new AdminPolicyPeer(Next()) { Nodes = Chance(50) ? Labelled("role", "edge") : LabelSelector.Everything },
        3 => new AdminPolicyPeer(Next())
        {
            Networks = [.. Enumerable.Range(0, Below(2) + 1).Select(_ => IpPrefix.Parse(Any(Blocks)))],
        },
        _ => new AdminPolicyPeer(Next()) { Pods = PodsOf() },
    };

    private AdminPolicyPort AdminPortOf()
    {
        ushort first = Any(Ports), last = Any(Ports);
        if (Chance(25)) return new AdminPolicyPort(0, 0, 0, Any(PortNames), Next());

        return new AdminPolicyPort(Any(Protocols), Math.Min(first, last),
            Chance(50) ? Math.Max(first, last) : Math.Min(first, last), null, Next());
    }

    private AdminPodSelector PodsOf() =>
        new(Selector("env", "team"), Chance(50) ? Selector("app", "tier") : LabelSelector.Everything);

    private LabelSelector Selector(string first, string second) => Below(4) switch
    {
        0 => LabelSelector.Everything,
        1 => Labelled(first, Any(ValuesOf(first))),
        2 => new LabelSelector { MatchExpressions = [Requirement(Chance(50) ? first : second)] },
        _ => Labelled(second, Any(ValuesOf(second))) with { MatchExpressions = Chance(50) ? [] : [Requirement(first)] },
    };

    private LabelRequirement Requirement(string key)
    {
        if (key == "env" && Chance(20)) key = "kubernetes.io/metadata.name";

        string[] values = ValuesOf(key);
        var operation = (LabelOperator)Below(4);
        ImmutableArray<string> some = Chance(50) ? [Any(values)] : [values[0], values[1]];
        return new LabelRequirement(key, operation, operation is LabelOperator.In or LabelOperator.NotIn ? some : []);
    }

    private ImmutableDictionary<string, string> RandomLabels(params string[] keys) =>
        keys.Where(_ => Chance(75)).ToImmutableDictionary(key => key, key => Any(ValuesOf(key)));

    private static string[] ValuesOf(string key) => key switch
    {
        "app" => ["web", "db", "api"],
        "tier" => ["front", "back"],
        "env" => ["prod", "dev"],
        "kubernetes.io/metadata.name" => Spaces,
        _ => ["x", "y"],
    };

    private static LabelSelector Labelled(string key, string value) => new() { MatchLabels = Labels(key, value) };

    private static ImmutableDictionary<string, string> Labels(string key, string value) =>
        ImmutableDictionary<string, string>.Empty.Add(key, value);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private SourceLine Next() => new("random", ++_line);

    private bool Chance(int percent) => Below(100) < percent;

    private int Below(int count) => _random.Next(count);

    private T Any<T>(IReadOnlyList<T> all) => all[Below(all.Count)];
}
