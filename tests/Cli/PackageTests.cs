using System.IO.Compression;
using System.Reflection.PortableExecutable;
using Dataplane.Tests.Architecture;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// What <c>dotnet pack</c> makes, installed from a folder alone, as somebody who downloaded it would.
/// </summary>
public class PackageTests
{
    private const string Pack = "dotnet pack src/Dataplane.Cli -c Release -o /tmp/packages";
    private const string Install = "dotnet tool install -g Dataplane.Cli --source /tmp/packages";

    /// <summary>
    /// As the README has it, for a user whose home is the test's folder: nothing is fetched, nothing else is changed.
    /// </summary>
    private static readonly string Script = $"""
        export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false MSBUILDDISABLENODEREUSE=1
        ({Typed(Pack)} --no-build -v quiet) 1>&2 &&
        export HOME=$T NUGET_PACKAGES=$T/nuget && ({Typed(Install)}) 1>&2 &&
        $T/.dotnet/tools/dataplane --version &&
        $T/.dotnet/tools/dataplane replay -f $F -r $P
        """;

    [Fact]
    public void The_packed_tool_installs_from_a_folder_and_replays()
    {
        using var shell = new Shell();
        Assert.SkipUnless(shell.Run("command -v dotnet").ExitCode == 0, "dotnet is not on PATH");
        Assert.SkipUnless(
            File.Exists(
                Path.Combine(Golden.GoldenFolder.RepositoryRoot, "artifacts/bin/Dataplane.Cli/release/dataplane.dll")),
            "the program was not built in Release, from which the package is made");

        Assert.All([Pack, Install],
            line => Assert.Contains($"\n{line}\n", SourceTree.Read("README.md"), StringComparison.Ordinal));
        Shell.Outcome outcome = shell.Run(Script);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.StartsWith("dataplane 0.", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(413, outcome.Packets);
        string package = Directory.GetFiles(Path.Combine(shell.Folder, "packages"), "Dataplane.Cli.*.nupkg").Single();
        AssertRunsEverywhere(package);
    }

    private static string Typed(string line) => line.Replace("/tmp", "$T", StringComparison.Ordinal);

    /// <summary>A package without a runtime identifier holds no code of one processor.</summary>
    private static void AssertRunsEverywhere(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        ZipArchiveEntry[] assemblies =
            [.. archive.Entries.Where(entry => entry.Name.StartsWith("dataplane", StringComparison.OrdinalIgnoreCase))
                .Where(entry => entry.Name.EndsWith(".dll", StringComparison.Ordinal))];

        Assert.Contains(assemblies, entry => entry.FullName == "tools/net10.0/any/dataplane.dll");
        Assert.All(assemblies, entry =>
        {
            var bytes = new MemoryStream();
            using (Stream stream = entry.Open()) stream.CopyTo(bytes);
            bytes.Position = 0;
            using var image = new PEReader(bytes);
            Assert.Equal(0, image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
        });
        Assert.Contains(archive.Entries, entry => entry.Name == "README.md");
        Assert.Contains(archive.Entries, entry => entry.Name == "LICENSE");
    }
}
