using System.Collections.Immutable;
using Dataplane.Cli;
using Dataplane.Cli.Policies;
using Dataplane.Cluster.Manifests;
using Dataplane.Replay.Policies.Reach;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>Who can talk to whom in a small shop, as a person reads it.</summary>
public class ReachTests
{
    private const string Shop = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: a, containers: [{ports: [{containerPort: 8080}]}]}
        status: {phase: Running, podIP: 10.244.1.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {nodeName: b, containers: [{ports: [{containerPort: 5432}]}]}
        status: {phase: Running, podIP: 10.244.2.6}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: agent, namespace: ops, labels: {app: agent}}
        spec: {nodeName: b, hostNetwork: true}
        status: {phase: Running, podIP: 192.168.56.12}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: db, namespace: shop}
        spec: {clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 3306, targetPort: 5432}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: none, namespace: shop}
        spec: {clusterIP: 10.96.0.8, selector: {app: nobody}, ports: [{port: 80}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          policyTypes: [Ingress, Egress]
          ingress:
          - from: [{podSelector: {matchLabels: {app: web}}}]
            ports: [{port: 5432}]
          - from: [{ipBlock: {cidr: 10.244.0.0/16}}]
            ports: [{port: 9999}]

        """;

    [Fact]
    public void The_matrix_has_sources_as_rows_and_destinations_as_columns() => Assert.Equal(
        """
        to
          1  shop/web       8080/tcp
          2  shop/db        5432/tcp
          3  svc/shop/db    3306/tcp
          4  svc/shop/none  80/tcp

        from        1 2 3 4
          shop/web  - . . X
          shop/db   X - . X
          ops/agent . . . X

        . allowed   X denied   ~ some of them   - not asked

        """,
        Text(Run(new ReachOptions { IncludeServices = true })));

    [Theory]
    [InlineData("shop/web", "shop/db", "5432", "allowed by shop/db ingress[0] (shop.yaml:36)")]
    [InlineData("shop/web", "shop/db", "80",
        "default deny of ingress: shop/db isolates the destination, and no rule allows it (shop.yaml:29)")]
    [InlineData("shop/db", "shop/web", "8080",
        "default deny of egress: shop/db isolates the source, and no rule allows it (shop.yaml:29)")]
    [InlineData("ops/agent", "shop/db", "80", "a node reaches its own pods, and a pod itself")]
    [InlineData("ops/agent", "shop/web", "8080", "no policy is about it")]
    [InlineData("shop/web", "shop/db", "9999", "allowed by shop/db ingress[1] (shop.yaml:38)")]
    public void A_verdict_says_which_line_decides(string from, string to, string port, string expected)
    {
        ReachReport report = Run(new ReachOptions());
        Assert.True(ReachPort.TryParse(port, out ReachPort asked));

        ReachVerdict verdict = report.Matrix.Judge.Judge(report.Ends.Find(from), report.Ends.Find(to), asked);

        Assert.Equal(expected, VerdictWords.Sentence(report.Matrix.Judge, verdict));
    }

    [Fact]
    public void In_Cilium_an_ipBlock_is_not_about_pods()
    {
        ReachReport report = Run(new ReachOptions(), "cilium");

        Assert.False(report.Matrix.Judge.Judge(
            report.Ends.Find("shop/web"), report.Ends.Find("shop/db"), new ReachPort(IpProtocol.Tcp, 9999)).IsAllowed);
    }

    [Fact]
    public void Where_nobody_enforces_policies_nothing_is_denied_and_that_is_said()
    {
        ReachReport report = Run(new ReachOptions { Expectations = Lines("deny shop/db -> any") }, "none");

        Assert.Equal("policy.enforcer=none: no NetworkPolicy is enforced", report.Notes[0]);
        Assert.Equal("1 of 1 pair leaking", Assert.Single(report.Expectations).Sentence);
    }

    [Theory]
    [InlineData("allow shop/app=web -> shop/db 5432/tcp", null)]
    [InlineData("allow shop/web -> svc/shop/db", null)]
    [InlineData("allow shop/web -> 10.96.0.9 3306", null)]
    [InlineData("deny any -> shop/db 80/tcp", "1 of 2 pairs leaking")]
    [InlineData("deny shop/db -> 203.0.113.7 443/tcp", null)]
    [InlineData("allow 203.0.113.7 -> shop/app!=db", null)]
    [InlineData("deny 203.0.113.7 -> */app=db", null)]
    [InlineData("allow app=web -> shop/app in (db) 5432", null)]
    [InlineData("allow shop/* -> svc/shop/none", "2 of 2 pairs blocked")]
    [InlineData("allow shop/wep -> shop/db", "shop/wep: there is no pod shop/wep: did you mean shop/web?")]
    [InlineData("allow shop/app=wep -> shop/db",
        "shop/app=wep: no pod matches: asks for app=wep; nearest is app=web in 1 pod")]
    [InlineData("allow shop/web -> svc/shop/dp", "there is no Service shop/dp with an address")]
    [InlineData("allow shop/web -> svc/shop/db 5432", "svc/shop/db has no port 5432/tcp: it has 3306/tcp")]
    [InlineData("allow shop/web -> ops/agent", "ops/agent: no port of it is known: write one, say 80/tcp")]
    [InlineData("allow shop/web -> shop/web", "FROM and TO are the same pod: what it sends to itself is never judged")]
    public void Expectations_hold_or_say_why_not(string line, string? expected) =>
        Assert.Equal(
            expected, Assert.Single(Run(new ReachOptions { Expectations = Lines(line) }).Expectations).Sentence);

    [Theory]
    [InlineData("permit any -> shop/db", "\"permit\" is neither allow nor deny")]
    [InlineData("deny any shop/db", "there is no \" -> \" between FROM and TO")]
    [InlineData("deny any -> shop/db 80/icmp", "\"80/icmp\" is not a port such as 80/tcp")]
    [InlineData("deny any -> shop/db 70000", "\"70000\" is not a port such as 80/tcp")]
    [InlineData("deny any -> 203.0.113.7", "which port of 203.0.113.7? write one behind it, say 443/tcp")]
    [InlineData("deny svc/shop/db -> shop/web", "a Service sends nothing: FROM is a pod or an address")]
    [InlineData("deny any -> svc/db", "a Service is written svc/NAMESPACE/NAME")]
    [InlineData("deny any -> shop/app in (a", "its parentheses do not close")]
    public void A_line_that_cannot_be_read_is_one_error_with_its_place(string line, string expected) => Assert.Equal(
        $"expect.txt:2: {expected} (a line is: allow|deny FROM -> TO PORT/PROTOCOL)",
        Assert.Throws<InvalidDataException>(() => Lines(line)).Message);

    [Theory]
    [InlineData("shop/app=wep", null,
        "--from shop/app=wep: no pod matches: asks for app=wep; nearest is app=web in 1 pod")]
    [InlineData("app in", null, "--from app in: \"app in\" is not a label's key")]
    [InlineData(null, "svc/shop/dp", "--to svc/shop/dp: there is no such Service with an address")]
    public void Selectors_that_find_nobody_are_errors(string? from, string? to, string expected) => Assert.Equal(
        expected, Assert.Throws<InvalidDataException>(() => Run(new ReachOptions { From = from, To = to })).Message);

    [Fact]
    public void Many_pods_are_shown_by_what_policies_make_of_them()
    {
        string many = string.Concat(Enumerable.Range(1, 40).Select(number => $$"""
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: copy-{{number}}, namespace: shop, labels: {app: web} }
            spec: {nodeName: a, containers: [{ports: [{containerPort: 8080}]}]}
            status: {phase: Running, podIP: 10.244.3.{{number}} }

            """));
        ReachReport report = ReachRunner.Run(
            ManifestReader.ReadText(Shop + many, "shop.yaml"),
            new ReachOptions { Settings = ["policy.enforcer=calico"] });

        Assert.Equal(
            """
            to
              1  41 pods like shop/web  8080/tcp
              2  shop/db                5432/tcp

            from                    1 2
              41 pods like shop/web . .
              shop/db               X -
              ops/agent             . .

            . allowed   X denied   ~ some of them   - not asked

            """,
            Text(report));
    }

    private static ImmutableArray<Expectation> Lines(string line) =>
        Expectation.Read(["# what should be", line + " # why"], "expect.txt");

    private static ReachReport Run(ReachOptions options, string enforcer = "calico") => ReachRunner.Run(
        ManifestReader.ReadText(Shop, "shop.yaml"), options with { Settings = [$"policy.enforcer={enforcer}"] });

    private static string Text(ReachReport report)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new ReachText(text, Style.Plain).Write(report);
        return text.ToString();
    }
}
