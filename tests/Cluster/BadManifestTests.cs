using Dataplane.Cluster.Manifests;
using Dataplane.Cluster.Model;
using Xunit;

namespace Dataplane.Tests.Cluster;

public class BadManifestTests
{
    private const string Good = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n";

    public static TheoryData<string, string> Unreadable => new()
    {
        { "kind: Pod\nmetadata:\n\tname: a\n", "f:3: a tab in the indentation: YAML wants spaces" },
        { "kind: [a, b\n", "f:2: not YAML: While parsing a flow sequence, did not find expected ',' or ']'" },
        { "kind: \"Pod\n", "f:1: not YAML: While scanning a quoted scalar, found unexpected end of stream" },
        { "MZ\u0000\u0001\u0002", "f:1: a control character (0x00): not a text file" },
        { "this is a letter, not a manifest",
            "f:1: this is a single value where a Kubernetes object (a map) must be: this object is left out" },
        { "- a\n- b\n", "f:1: this is a list where a Kubernetes object (a map) must be: this object is left out" },
        { "replicas: 3\n", "f:1: no kind: not a Kubernetes object: this object is left out" },
        { "kind: Pod\nkind: Node\napiVersion: v1\n", "f:2: the key \"kind\" stands twice: this object is left out" },
        { "kind: Pod\napiVersion: v1\nmetadata: [a]\n",
            "f:3: metadata is a list where a map must be: this object is left out" },
        { "kind: Pod\napiVersion: v1\nmetadata: {}\n", "f:1: metadata.name is missing: this object is left out" },
        { "kind: *nobody\n", "f:1: the alias *nobody has no anchor &nobody that ends before it" },
        { "&a [*a]\n", "f:1: the alias *a has no anchor &a that ends before it" },
        { "kind: Pod\n<<: {apiVersion: v1}\n",
            "f:2: merge keys (<<) are not read: write the fields out: this object is left out" },
        { "? [a]\n: b\n", "f:1: a map or a list stands where a key must be" },
        { new string('[', 200), "f:1: nested deeper than 128 levels" },
        { "{\"kind\":", "f:1: the JSON ends in the middle of an object: the file was cut off" },
        { "{\"kind\":\n\"Pod\",\n}", "f:3: not JSON: a comma stands before the closing bracket" },
        { "{\"kind\": \"Pod\", \"kind\": \"Pod\"}", "f:1: the key \"kind\" stands twice: this object is left out" },
        { "{\"a\":" + new string('[', 200), "f:1: nested deeper than 128 levels" },
        { "{\"kind\":\"\\ud800\"}", "f:1: not UTF-8 text, or half of a surrogate pair" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void A_file_in_which_nothing_can_be_read_is_refused_in_one_line(string text, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(text, "f")).Message);

    [Fact]
    public void Aliases_of_aliases_are_stopped()
    {
        string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(
                level => $"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 9))}]\n"));
        Assert.Equal(
            "f:1: aliases expand to more than 1000000 values: write them out",
            Assert.Throws<InvalidDataException>(() => ManifestReader.ReadText(laughs, "f")).Message);
    }

    [Fact]
    public void What_stood_before_the_damage_is_kept()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(Good + "kind: Pod\nmetadata:\n\tname: a\n", "f");
        Assert.Equal("a", Assert.Single(snapshot.Namespaces).Name);
        Assert.Equal(
            "Damage f:5: a tab in the indentation: YAML wants spaces; 1 objects before it were read, "
            + "and nothing behind it",
            Only(snapshot));
    }

    [Fact]
    public void A_half_object_before_binary_junk_is_not_taken_for_a_whole_one()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            Good + "kind: Namespace\napiVersion: v1\nmetadata: {name: b}\n\u0001spec: x\n", "f");
        Assert.Equal("a", Assert.Single(snapshot.Namespaces).Name);
        Assert.Equal(
            "Damage f:6: a control character (0x01): not a text file; 1 objects before it were read, "
            + "and nothing behind it", Only(snapshot));
    }

    [Fact]
    public void What_stands_behind_a_bad_object_is_still_read()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            "kind: Pod\nspec: {a: [b\n, {c: d}]}\napiVersion: v1\nmetadata: 7\n---\n" + Good, "f");
        Assert.Equal("a", Assert.Single(snapshot.Namespaces).Name);
        Assert.Equal(
            "Damage f:5: metadata is a single value where a map must be: this object is left out", Only(snapshot));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n---\n")]
    [InlineData("\uFEFF")]
    public void An_empty_file_is_a_warning(string text) =>
        Assert.Equal("Warning f:1: no object in this file: it is empty", Only(ManifestReader.ReadText(text, "f")));

    [Theory]
    [InlineData("kind: Pod", "status: {podIP: 10.0.0.256}",
        "status.podIP is \"10.0.0.256\", not an IP address: it is left out")]
    [InlineData("kind: Service", "spec: {ports: [{port: 70000}]}",
        "spec.ports[].port is \"70000\", not a number from 1 to 65535: this entry of spec.ports is left out")]
    [InlineData("kind: Service", "spec: {ports: [{port: 0}]}",
        "spec.ports[].port is \"0\", not a number from 1 to 65535: this entry of spec.ports is left out")]
    [InlineData("kind: Service", "spec: {ports: [{port: 1, protocol: ICMP}]}",
        "spec.ports[].protocol is \"ICMP\", not TCP, UDP or SCTP: this entry of spec.ports is left out")]
    public void A_value_that_cannot_be_used_is_left_out_and_its_object_kept(string kind, string field, string text)
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            $"{kind}\napiVersion: v1\nmetadata: {{name: a}}\n{field}\n", "f");
        Assert.Equal(1, snapshot.Pods.Length + snapshot.Services.Length);
        Assert.Equal("Damage f:4: " + text, Only(snapshot));
    }

    [Fact]
    public void A_policy_with_a_bad_peer_is_left_out_whole_because_less_would_mean_something_else()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            Good + "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: p}\nspec:\n"
            + "  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]\n", "f");
        Assert.Empty(snapshot.NetworkPolicies);
        Assert.Equal(
            "Damage f:8: ipBlock.cidr is \"10.0.0.0/33\", not a CIDR (an address/length): this object is left out",
            Only(snapshot));
    }

    [Fact]
    public void Contradictions_name_both_places()
    {
        ClusterSnapshot snapshot = ManifestReader.ReadText(
            """
            {apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.1.0.0/16}, status: {addresses: [{type: InternalIP, address: 1.1.1.1}]}}
            ---
            {apiVersion: v1, kind: Node, metadata: {name: n2}, spec: {podCIDR: 10.1.2.0/24}, status: {addresses: [{type: InternalIP, address: 1.1.1.1}]}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p1}, spec: {nodeName: n1}, status: {podIP: 10.1.2.3}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p2}, spec: {nodeName: n9}, status: {podIP: 10.1.2.3}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: p3}, spec: {nodeName: n1}, status: {podIP: 10.1.2.3, phase: Failed}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: s1}, spec: {clusterIP: 10.96.0.1}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: s2}, spec: {clusterIP: 10.96.0.1}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: s2}, spec: {clusterIP: 10.96.0.1}}
            ---
            {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: FQDN, endpoints: [{addresses: [a.b]}], metadata: {name: e}}
            """, "f");
        Assert.Equal(
            [
                "Warning f:15: Service default/s2 is also at f:13: this later one counts",
                "Warning f:17: EndpointSlice default/e holds host names (addressType FQDN), "
                + "which no proxy programs: it is left out",
                "Warning f:3: Node n2 has the InternalIP 1.1.1.1 of Node n1 (f:1)",
                "Warning f:3: Node n2 has the podCIDR 10.1.2.0/24, which overlaps 10.1.0.0/16 of Node n1 (f:1)",
                "Warning f:7: Pod default/p2 has the address 10.1.2.3 of Pod default/p1 (f:5)",
                "Warning f:15: Service default/s2 has the clusterIP 10.96.0.1 of Service default/s1 (f:11)",
                "Warning f:7: node n9 is named by 1 pods and 0 endpoints, this is the first, "
                + "but no Node of that name was read",
            ],
            snapshot.Findings.Select(finding => $"{finding.Severity} {finding}"));
    }

    [Fact]
    public void Every_truncation_of_a_manifest_is_read_or_refused()
    {
        foreach (string text in new[] { OneOfEachKind.Yaml, OneOfEachKind.Json })
        {
            for (int length = 0; length < text.Length; length++)
            {
                Exception? thrown = Record.Exception(() => ManifestReader.ReadText(text[..length], "f"));
                Assert.True(thrown is null or InvalidDataException, $"{length}: {thrown}");
                Assert.DoesNotContain('\n', thrown?.Message ?? "");
            }
        }
    }

    [Fact]
    public void Every_single_changed_byte_of_a_manifest_is_read_or_refused()
    {
        var random = new Random(1);
        foreach (string text in new[] { OneOfEachKind.Yaml, OneOfEachKind.Json })
        {
            for (int round = 0; round < 500; round++)
            {
                char[] changed = text.ToCharArray();
                changed[random.Next(changed.Length)] = "\t\n {}[]:,-&*!|>'\"%@#?\u0000\u0080\ud800z"[random.Next(25)];
                Exception? thrown = Record.Exception(() => ManifestReader.ReadText(new string(changed), "f"));
                Assert.True(thrown is null or InvalidDataException, $"{round}: {thrown}");
            }
        }
    }

    private static string Only(ClusterSnapshot snapshot)
    {
        Finding finding = Assert.Single(snapshot.Findings);
        return $"{finding.Severity} {finding}";
    }
}
