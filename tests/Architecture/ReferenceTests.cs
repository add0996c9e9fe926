using System.Reflection;
using Xunit;

namespace Dataplane.Tests.Architecture;

/// <summary>Who may reference whom: the table of <c>src/README.md</c> is the law.</summary>
public class ReferenceTests
{
    public static TheoryData<string> Projects => [.. SourceTree.Projects];

    [Fact]
    public void The_table_names_exactly_the_projects_that_exist() =>
        Assert.Equal(SourceTree.Projects, SourceTree.AllowedReferences.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_references_what_the_table_allows(string project)
    {
        IReadOnlySet<string> allowed = SourceTree.AllowedReferences[project];

        Assert.DoesNotContain(SourceTree.ProjectReferences(project), reference => !allowed.Contains(reference));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_assembly_uses_what_the_table_allows_and_no_more(string project)
    {
        IReadOnlySet<string> allowed = SourceTree.AllowedReferences[project];
        IEnumerable<string> used = Load(project).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(SourceTree.Projects.Contains);

        Assert.DoesNotContain(used, reference => !allowed.Contains(reference));
    }

    [Fact]
    public void The_table_has_no_circle()
    {
        HashSet<string> settled = [];
        int before;
        do
        {
            before = settled.Count;
            foreach ((string project, IReadOnlySet<string> references) in SourceTree.AllowedReferences)
            {
                if (references.All(settled.Contains)) settled.Add(project);
            }
        }
        while (settled.Count > before);

        Assert.Equal(SourceTree.AllowedReferences.Keys.Order(), settled.Order());
    }

    [Fact]
    public void Engines_and_pipeline_do_not_know_each_other()
    {
        Assert.DoesNotContain("Dataplane.Pipeline", SourceTree.AllowedReferences["Dataplane.Engines"]);
        Assert.DoesNotContain("Dataplane.Engines", SourceTree.AllowedReferences["Dataplane.Pipeline"]);
    }

    [Fact]
    public void The_wire_references_nothing() => Assert.Empty(SourceTree.AllowedReferences["Dataplane.Wire"]);

    [Fact]
    public void Every_project_file_is_in_the_solution()
    {
        string solution = SourceTree.Read("Dataplane.sln").Replace('\\', '/');

        Assert.DoesNotContain(
            SourceTree.Files("*.csproj", "src", "tests", "bench", "fuzz"),
            project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_keeps_a_lock_file(string project) =>
        Assert.True(File.Exists(Path.Combine(SourceTree.Root, "src", project, "packages.lock.json")));

    private static Assembly Load(string project) =>
        Assembly.Load(project == "Dataplane.Cli" ? "dataplane" : project);
}
