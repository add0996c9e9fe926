using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Dataplane.Replay.Bench;

/// <summary>What figures were measured on.</summary>
/// <param name="Processor">Its model's name.</param>
/// <param name="Cores">That this process may use.</param>
/// <param name="System">Distribution and version.</param>
/// <param name="Runtime">Of .NET.</param>
public sealed record MachineFacts(string Processor, int Cores, string System, string Runtime)
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string LoadFile = "/proc/loadavg";
    private const string KernelFile = "/proc/sys/kernel/osrelease";
    private const string Unset = "default";

    /// <summary>
    /// What decides which code the compiler makes, as runtimeconfig.json has it, and the environment, which wins.
    /// </summary>
    private static readonly (string Name, string Switch, string Variable)[] Settings =
    [
        ("tiered", "System.Runtime.TieredCompilation", "TieredCompilation"),
        ("PGO", "System.Runtime.TieredPGO", "TieredPGO"),
        ("OSR", "System.Runtime.TieredCompilation.QuickJitForLoops", "TC_QuickJitForLoops"),
        ("ReadyToRun", "System.Runtime.ReadyToRun", "ReadyToRun"),
    ];

    public string Kernel { get; init; } = "";

    public string Architecture { get; init; } = "";

    public long MemoryBytes { get; init; }

    /// <summary>Settings of tiers and of the collector, in words.</summary>
    public string Compilation { get; init; } = "";

    /// <summary>
    /// Of the last minute, at the start: what others did on the machine. Null where the system does not say.
    /// </summary>
    public double? LoadAverage { get; init; }

    public static MachineFacts Read() => new(
        ProcessorName(), Environment.ProcessorCount,
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription)
    {
        Kernel = File.Exists(KernelFile) ? File.ReadAllText(KernelFile).Trim() : Environment.OSVersion.VersionString,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Compilation = CompilationWords(),
        LoadAverage = Load(),
    };

    private static string ProcessorName()
    {
        string? line = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile)
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string CompilationWords()
    {
        IEnumerable<string> tiers = Settings.Select(setting =>
            $"{setting.Name} {ValueOf(setting.Switch, setting.Variable)}");
        string collector = GCSettings.IsServerGC ? "server" : "workstation";
        string concurrent = AppContext.TryGetSwitch("System.GC.Concurrent", out bool isOn) && !isOn
            ? "not concurrent"
            : "concurrent";
        return $"{string.Join(", ", tiers)}; collector: {collector}, {concurrent}";
    }

    private static string ValueOf(string name, string variable) =>
        Environment.GetEnvironmentVariable("DOTNET_" + variable) is { Length: > 0 } value ? value == "0" ? "off" : "on"
        : AppContext.TryGetSwitch(name, out bool isOn) ? isOn ? "on" : "off"
        : Unset;

    private static double? Load()
    {
        if (!File.Exists(LoadFile)) return null;

        string first = File.ReadAllText(LoadFile).Split(' ')[0];
        return double.TryParse(first, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double load)
            ? load
            : null;
    }
}
