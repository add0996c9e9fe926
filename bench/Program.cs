using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Dataplane.Bench;
using Dataplane.Bench.Soak;

if (args is ["tunnels"])
{
    TunnelTurns.Run(Console.Out);
    return;
}

if (args is ["soak", var seconds, .. var folders])
{
    DirectoryInfo scratch = Directory.CreateTempSubdirectory("dataplane-soak-");
    try
    {
        var run = new SoakRun(SoakCases.Of("pcaps", folders.FirstOrDefault(), scratch.FullName), Console.Out);
        Environment.ExitCode =
            run.Run(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), leastRounds: 4) ? 0 : 1;
    }
    finally
    {
        scratch.Delete(recursive: true);
    }

    return;
}

// One short job in this process, unless the command line names another: `--job medium`, `--job long`.
bool namesJob = args.Any(argument => argument is "-j" or "--job");
Job shortJob = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
    .WithLaunchCount(1).WithWarmupCount(3).WithIterationCount(5);
IConfig config = namesJob ? DefaultConfig.Instance : DefaultConfig.Instance.AddJob(shortJob);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
