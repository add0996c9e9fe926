using System.Diagnostics;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Linux 6.1 as a process (Debian's user-mode-linux) on this machine's files: a kernel with the modules that the host
/// may lack. It boots in seconds, runs one script as root, and is gone.
/// </summary>
internal sealed class UserModeLinux : IDisposable
{
    private const string Kernel = "/usr/bin/linux.uml";
    private const string Modules = "/usr/lib/uml/modules";

    public UserModeLinux() => Folder = Directory.CreateTempSubdirectory("dataplane-uml-").FullName;

    /// <summary>Where script and host see the same files.</summary>
    public string Folder { get; }

    /// <summary>What is missing to run it, with these programs; empty where nothing is.</summary>
    public static string Missing(params string[] programs)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return "needs root";
        if (!File.Exists(Kernel) || !Directory.Exists(Modules)) return "needs the Debian package user-mode-linux";

        string[] folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        string[] absent = [.. programs.Where(program => !folders.Any(folder => File.Exists($"{folder}/{program}")))];
        return absent.Length == 0 ? "" : $"needs {string.Join(", ", absent)}";
    }

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    /// <summary>Loads the modules, runs the script in the folder, and gives what it printed.</summary>
    /// <exception cref="TimeoutException">The machine is too busy for a guest.</exception>
    /// <exception cref="InvalidOperationException">The script failed; its words are in the message.</exception>
    public string Run(IEnumerable<string> modules, string script, TimeSpan limit)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("user-mode-linux runs on Linux");

        string version = Path.GetFileName(Directory.GetDirectories(Modules).Order(StringComparer.Ordinal).First());
        Directory.CreateDirectory(Path.Combine(Folder, "lib", "modules"));
        Directory.CreateSymbolicLink(Path.Combine(Folder, "lib", "modules", version), Path.Combine(Modules, version));
        Write("script", script);
        string init = $"""
            #!/bin/bash
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run
            cd {Folder}; ip link set lo up
            for module in {string.Join(' ', modules)}; do modprobe -d {Folder} $module || echo "no module $module"; done > out 2>&1
            bash script >> out 2>&1 < /dev/null
            echo "end $?" >> out
            sync; poweroff -f

            """;
        Write("init", init);
        File.SetUnixFileMode(
            Path.Combine(Folder, "init"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bool isInTime = Boot(limit);
        string output = File.Exists(Path.Combine(Folder, "out")) ? Read("out") : "";
        if (!isInTime && !output.Contains("\nend ", StringComparison.Ordinal))
        {
            throw new TimeoutException(
                $"user-mode-linux did not get to the end of its script in {limit.TotalSeconds} s");
        }

        if (!output.EndsWith("end 0\n", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"user-mode-linux did not get to the end of its script: {output}");
        }

        return output;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>False where it had to be stopped.</summary>
    private bool Boot(TimeSpan limit)
    {
        string[] arguments =
        [
            "mem=512M", "rootfstype=hostfs", "root=/dev/root", "rw", "quiet", $"init={Folder}/init",
            $"uml_dir={Folder}", "con0=fd:0,fd:1", "con=null", "ssl=null",
        ];
        var start = new ProcessStartInfo(Kernel, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool isInTime = process.WaitForExit(limit);
        if (!isInTime) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return isInTime;
    }
}
