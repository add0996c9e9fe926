using Dataplane.Cli;
using Dataplane.Cli.Policies;
using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;
using Dataplane.Replay.Policies.Changes;
using Xunit;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>
/// What a change of policies changes, and the line that does it: in the new manifests, or gone from the old.
/// </summary>
public class PolicyChangesTests
{
    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {containers: [{ports: [{containerPort: 8080}]}]}
        status: {podIP: 10.244.1.5}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop, labels: {app: db}}
        spec: {containers: [{ports: [{containerPort: 5432}]}]}
        status: {podIP: 10.244.2.6}

        """;

    private const string Deny = """
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: deny, namespace: shop}
        spec: {podSelector: {matchLabels: {app: db}}}

        """;

    private const string Allow = """
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: allow, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress:
          - from: [{podSelector: {}}]

        """;

    [Fact]
    public void A_new_isolation_closes_and_is_named() => Assert.Equal(
        """
        - shop/web -> shop/db 5432/tcp: default deny of ingress: shop/deny isolates the destination, and no rule allows it (new.yaml:13)

        0 pairs can talk that could not (+), 1 cannot that could (-)

        """,
        Text(Pods, Pods + Deny));

    [Fact]
    public void A_new_rule_opens_and_is_named() => Assert.StartsWith(
        "+ shop/web -> shop/db 5432/tcp: allowed by shop/allow ingress[0] (new.yaml:24)\n",
        Text(Pods + Deny, Pods + Deny + Allow), StringComparison.Ordinal);

    [Fact]
    public void What_is_gone_opens_and_the_old_line_is_named() => Assert.StartsWith(
        "+ shop/web -> shop/db 5432/tcp: no longer default deny of ingress: shop/deny isolates the destination, "
        + "and no rule allows it (old.yaml:13)\n",
        Text(Pods + Deny, Pods), StringComparison.Ordinal);

    [Fact]
    public void The_same_twice_changes_nothing() => Assert.Equal("nothing changes\n", Text(Pods + Deny, Pods + Deny));

    [Fact]
    public void Pods_of_one_side_alone_are_not_compared_and_that_is_said() => Assert.Contains(
        "1 pod in the new manifests alone not compared: shop/more",
        Compare(
            Pods, Pods + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: more, namespace: shop}\n"
                + "status: {podIP: 10.244.9.9}\n").Notes);

    [Fact]
    public void Pods_that_no_policy_tells_apart_are_compared_once_and_counted()
    {
        const string copy = "---\napiVersion: v1\nkind: Pod\n"
            + "metadata: {name: web-2, namespace: shop, labels: {app: web}}\n"
            + "spec: {containers: [{ports: [{containerPort: 8080}]}]}\nstatus: {podIP: 10.244.1.8}\n";
        PolicyChange change = Assert.Single(Compare(Pods + copy, Pods + copy + Deny).Changes);

        Assert.Equal(("2 pods like shop/web", "shop/db", 2L), (change.From.Name, change.To.Name, change.Pairs));
    }

    private static string Text(string old, string @new)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new PolicyDiffOutput(text, Style.Plain).Write(Compare(old, @new), "text");
        return text.ToString();
    }

    private static PolicyChangeReport Compare(string old, string @new) => PolicyChanges.Compare(
        Read(old, "old.yaml"), Read(@new, "new.yaml"), [], cni: null, EmulationSettings.Parse(
            ["policy.enforcer=calico"]));

    private static ClusterSnapshot Read(string yaml, string name) => ManifestReader.ReadText(yaml, name);
}
