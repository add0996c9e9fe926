using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Dataplane.Bench;

if (args is ["tunnels"])
{
    TunnelTurns.Run(Console.Out);
    return;
}

// One short job in this process, unless the command line names another: `--job medium`, `--job long`.
bool namesJob = args.Any(argument => argument is "-j" or "--job");
Job shortJob = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithLaunchCount(1).WithWarmupCount(3).WithIterationCount(5);
IConfig config = namesJob ? DefaultConfig.Instance : DefaultConfig.Instance.AddJob(shortJob);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
