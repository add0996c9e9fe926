using System.Diagnostics;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Network namespaces of this process's own, named <c>dp-PID-…</c>: nothing outside them is
/// touched, and they go by name.
/// </summary>
public sealed class NetworkNamespaces : IDisposable
{
    private const int Milliseconds = 10_000;

    private readonly List<string> _names = [];

    /// <summary>The full name of a namespace.</summary>
    public static string Name(string name) => $"dp-{Environment.ProcessId}-{name}";

    public void Add(string name)
    {
        Run("ip", ["netns", "add", Name(name)]);
        _names.Add(name);
    }

    /// <summary>Lines for <c>ip</c>, without the word, run in a namespace; the first that fails ends it.</summary>
    public static void Ip(string name, params IEnumerable<string> lines) =>
        Run("ip", ["-n", Name(name), "-batch", "-"], string.Join('\n', lines) + "\n");

    /// <summary>Any program in a namespace.</summary>
    public static void Exec(string name, string command) =>
        Run("ip", ["netns", "exec", Name(name), .. command.Split(' ')]);

    public void Dispose()
    {
        foreach (string name in _names) Run("ip", ["netns", "del", Name(name)]);
    }

    /// <exception cref="InvalidOperationException">The program failed; its words are in the message.</exception>
    private static void Run(string program, IEnumerable<string> arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Milliseconds)) process.Kill();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', start.ArgumentList)}: {errors.Result} {output.Result}".Trim());
        }
    }
}
