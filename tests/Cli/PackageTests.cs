using System.IO.Compression;
using System.Reflection.PortableExecutable;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>What <c>dotnet pack</c> makes, installed from a folder alone, as somebody who downloaded it would.</summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public class PackageTests
{
    public const string Alone = "The package";

    private const string Install = """
        cat >$T/nuget.config <<END
        <configuration>
          <packageSources><clear/><add key="folder" value="$T/packages"/></packageSources>
          <fallbackPackageFolders><clear/></fallbackPackageFolders>
        </configuration>
        END
        export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
        dotnet pack src/Dataplane.Cli -c Release --no-build -o $T/packages -v quiet 1>&2 &&
        dotnet tool install Dataplane.Cli --tool-path $T/tools --configfile $T/nuget.config 1>&2 &&
        $T/tools/dataplane --version &&
        $T/tools/dataplane replay -f pcaps/two-nodes/manifests.yaml -r pcaps/two-nodes/pod.pcap.gz
        """;

    [Fact]
    public void The_packed_tool_installs_from_a_folder_and_replays()
    {
        using var shell = new Shell();
        Assert.SkipUnless(shell.Run("command -v dotnet").ExitCode == 0, "dotnet is not on PATH");
        Assert.SkipUnless(
            File.Exists(Path.Combine(Golden.GoldenFolder.RepositoryRoot, "artifacts/bin/Dataplane.Cli/release/dataplane.dll")),
            "the program was not built in Release, from which the package is made");

        Shell.Outcome outcome = shell.Run(Install);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.StartsWith("dataplane 0.", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(413, outcome.Packets);
        string package = Directory.GetFiles(Path.Combine(shell.Folder, "packages"), "Dataplane.Cli.*.nupkg").Single();
        AssertRunsEverywhere(package);
    }

    /// <summary>A package without a runtime identifier holds no code of one processor.</summary>
    private static void AssertRunsEverywhere(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        ZipArchiveEntry[] assemblies = [.. archive.Entries.Where(entry => entry.Name.StartsWith("dataplane", StringComparison.OrdinalIgnoreCase))
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
