using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

// One short job unless the command line names another: `--job medium`, `--job long`.
bool namesJob = args.Any(argument => argument is "-j" or "--job");
IConfig config = namesJob ? DefaultConfig.Instance : DefaultConfig.Instance.AddJob(
    Job.Default.WithWarmupCount(3).WithIterationCount(5).WithLaunchCount(1).WithGcServer(false).WithRuntime(CoreRuntime.Core10_0));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
