using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using XePt.Bench;
using XePt.Bench.Contract;
using XePt.Bench.Scale;
using XePt.Compare;

if (args is ["contract", ..])
    return ContractCommand.Run(args.AsSpan(1));
if (args is [EventSourceSwitch.Verb])
{
    EventSourceSwitch.PrintPairTime();
    return 0;
}
if (args is ["compare", ..])
    return CompareCommand.Run(args[1..], Environment.CurrentDirectory, Console.Out, Console.Error);

if (args is ["scale", ..])
    return ScaleCommand.Run(args[1..]);

if (args is ["ratios" or "recorder", ..])
{
    int rounds = 200;
    if (args.Length > 1 && (!int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) || rounds == 0))
    {
        Console.Error.WriteLine($"{args[0]}: '{args[1]}' is no number of rounds");
        return 2;
    }

    if (args[0] == "ratios")
        FaultRatios.Run(rounds, part: args.Length > 2 ? args[2] : "");
    else
        RecorderRatios.Run(rounds);
    return 0;
}

// Without --job on the command line: short runs inside this process, enough to compare lines of one table with each other.
IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).AsDefault());
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
return 0;
