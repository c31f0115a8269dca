using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using XePt.Bench;

if (args is ["ratios", ..])
{
    FaultRatios.Run(
        rounds: args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200, part: args.Length > 2 ? args[2] : "");
    return;
}

if (args is ["recorder", ..])
{
    RecorderRatios.Run(rounds: args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200);
    return;
}

// Without --job on the command line: short runs inside this process, enough to compare lines of one table with each other.
IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).AsDefault());
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
