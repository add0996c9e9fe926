using System.Diagnostics;

namespace Dataplane.Tests.Cli;

/// <summary>Runs the built command line as a process of its own.</summary>
internal static class BuiltProgram
{
    public sealed record Outcome(int ExitCode, string Out, string Error)
    {
        /// <summary>The one line that stderr must be.</summary>
        public string OneLine => Error.EndsWith('\n') && Error.IndexOf('\n') == Error.Length - 1
            ? Error[..^1]
            : throw new InvalidOperationException($"not one line: {Error}");
    }

    public static Outcome Run(params string[] arguments) => Run(path: null, arguments);

    public static Outcome RunWithoutPath(params string[] arguments) => Run(path: "", arguments);

    private static Outcome Run(string? path, string[] arguments)
    {
        var start = new ProcessStartInfo(Dotnet())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "dataplane.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        if (path is not null) start.Environment["PATH"] = path;

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    private static string Dotnet() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "dotnet"))
            .First(File.Exists);
}
