using Dataplane.Tests.Golden;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>Manifests with mistakes, replayed: the place is named, and what was good is used.</summary>
public sealed class BadManifestRunTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly string _good = File.ReadAllText(Path.Combine(GoldenFolder.RepositoryRoot, Shell.TwoNodes));

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("kind: Node\n  name: x\n", ":2: ")]
    [InlineData("hello\n", ":1: this is a single value where a Kubernetes object (a map) must be")]
    [InlineData("- a\n", ":1: this is a list where a Kubernetes object (a map) must be")]
    [InlineData("foo: bar\n", ":1: no kind: not a Kubernetes object")]
    [InlineData("kind: Node\nmetadata:\n\tname: n\n", ":3: a tab in the indentation: YAML wants spaces")]
    [InlineData("{\"kind\":\"List\",\n\"items\":[{\"kind\":\"Node\"", ":2: the JSON ends in the middle of an object")]
    [InlineData("\0\0\0\0\0\0\0\0", ":1: a control character (0x00): not a text file")]
    [InlineData("\u00fe\u00e4\u00f6", ":1: not UTF-8 text")]
    [InlineData("", ": no Node, so no packet enters anywhere: add kubectl get nodes -o yaml")]
    [InlineData("kind: Namespace\napiVersion: v1\nmetadata:\n  name: x\n", ": no Node, so no packet enters anywhere")]
    public void What_gives_no_cluster_is_exit_code_2_and_one_line(string manifest, string expected)
    {
        string path = _shell.Write("c.yaml", System.Text.Encoding.Latin1.GetBytes(manifest));

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $T/c.yaml -r $P");

        Assert.StartsWith($"dataplane: {path}{expected}", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
    }

    [Fact]
    public void A_path_that_is_not_there_is_named()
    {
        Shell.Outcome outcome = _shell.Run("dataplane replay -f $T/none.yaml -r $P");

        Assert.Equal(
            $"dataplane: {_shell.Folder}/none.yaml: no such file or folder", Assert.Single(outcome.ErrorLines));
        Assert.Equal(2, outcome.ExitCode);
    }

    [Theory]
    [InlineData("kind: Pod\n", "kind: Pod\nkind: Pod\n", "the key \"kind\" stands twice: this object is left out")]
    [InlineData("kind: Pod\nmetadata:\n  name:", "kind: Pod\nmetadata:\n  nom:",
        "metadata.name is missing: this object is left out")]
    public void An_object_with_a_mistake_is_left_out_and_the_others_are_used(
        string text, string mistake, string expected)
    {
        string path = Changed(text, mistake);

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $T/c.yaml -r $P");

        string complaint = Assert.Single(outcome.Complaints);
        Assert.Matches($"^warning: {System.Text.RegularExpressions.Regex.Escape(path)}:[0-9]+: ", complaint);
        Assert.EndsWith(expected, complaint, StringComparison.Ordinal);
        Assert.Equal((3, 413), (outcome.ExitCode, outcome.Packets));
    }

    [Fact]
    public void A_kind_that_could_change_a_verdict_is_named_with_its_line()
    {
        const string Policy = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: x\n";
        string path = _shell.Write("c.yaml", System.Text.Encoding.UTF8.GetBytes(_good + Policy));
        int line = _good.Count(letter => letter == '\n') + 2;

        Shell.Outcome outcome = _shell.Run("dataplane replay -f $T/c.yaml -r $P");

        Assert.Equal(
            $"warning: {path}:{line}: "
            + "CiliumNetworkPolicy (cilium.io/v2, 1 object) could change verdicts and is not modelled",
            Assert.Single(outcome.Complaints));
        Assert.Equal((3, 413), (outcome.ExitCode, outcome.Packets));
    }

    private string Changed(string text, string mistake)
    {
        Assert.Contains(text, _good, StringComparison.Ordinal);
        int place = _good.IndexOf(text, StringComparison.Ordinal);
        string changed = _good[..place] + mistake + _good[(place + text.Length)..];
        return _shell.Write("c.yaml", System.Text.Encoding.UTF8.GetBytes(changed));
    }
}
