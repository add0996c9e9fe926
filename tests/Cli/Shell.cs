using System.Diagnostics;
using Xunit;

namespace Dataplane.Tests.Cli;

/// <summary>
/// Runs lines of bash in a folder of their own, at the repository's captures: what a user types.
/// <c>dataplane</c> is the built program, <c>$T</c> the folder, <c>$F</c> and <c>$P</c> the manifests and the
/// capture of <c>pcaps/two-nodes</c>.
/// </summary>
internal sealed class Shell : IDisposable
{
    public const string TwoNodes = "pcaps/two-nodes/manifests.yaml";

    private const string Prologue = """
        set -o pipefail
        dataplane() { dotnet "$DATAPLANE" "$@"; }
        F=pcaps/two-nodes/manifests.yaml
        P=pcaps/two-nodes/pod.pcap.gz

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-test-");

    public sealed record Outcome(int ExitCode, string Out, string Error)
    {
        public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        /// <summary>What was said beside notes, without the program's name.</summary>
        public string[] Complaints =>
        [
            .. ErrorLines
                .Where(line => !line.StartsWith("dataplane: note:", StringComparison.Ordinal))
                .Select(line =>
                    line.StartsWith("dataplane: ", StringComparison.Ordinal) ? line["dataplane: ".Length..] : line),
        ];

        /// <summary>The packets in the row "all" of the table of verdicts.</summary>
        public int Packets => int.Parse(
            Out.Split('\n').Single(line => line.StartsWith("all ", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].Replace(",", "", StringComparison.Ordinal),
            System.Globalization.CultureInfo.InvariantCulture);
    }

    public string Folder => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public Outcome Run(string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "needs bash and Linux's devices");
        var start = new ProcessStartInfo("/bin/bash", ["-c", Prologue + script])
        {
            WorkingDirectory = Golden.GoldenFolder.RepositoryRoot,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DATAPLANE"] = Path.Combine(AppContext.BaseDirectory, "dataplane.dll");
        start.Environment["T"] = Folder;

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.DoesNotContain("   at Dataplane.", error.Result, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", error.Result, StringComparison.Ordinal);
        return new Outcome(process.ExitCode, output, error.Result);
    }
}
