using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>The pages of an interval leave device memory, as when others need the room: all blocks that any of them are in.</summary>
internal sealed record PageEvictEvent(ulong Address, ulong Size) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        (ulong address, ulong size) = ProcessText.TakePages(fields);
        CpuChange.RequirePages(address, size);
        return new PageEvictEvent(address, size);
    }

    public CallResult Play(TracePlayer player)
    {
        ModelProcess process = player.Process.Use(player.File, child: null);
        var pages = new CpuPageList();
        process.Describe(new(Address, Math.Min(Address + Size, process.Limit)), pages);
        SvmBlock[] blocks = [.. pages.Runs.ToArray().Select(run => run.Block).OfType<SvmBlock>().Distinct()];
        Errno errno = Errno.Ok;
        foreach (SvmBlock block in blocks)
        {
            Errno moved = block.MoveOut();
            errno = errno == Errno.Ok ? moved : errno;
        }

        string text = $"{CallText.Interval(Address, Address + Size)}: {Count.Of(blocks.Length, "block")}";
        return new CallResult(errno, default, 0, text) { Values = [(ulong)blocks.Length] };
    }
}

/// <summary>The garbage collector of a VM's mirrors runs: ranges whose memory the CPU has unmapped are unbound and forgotten.</summary>
internal sealed record CollectGarbageEvent(HandleRef Vm) : ITraceCall
{
    public static ITraceCall Read(JsonFields fields, XeProfile profile) =>
        new CollectGarbageEvent(HandleRef.Take(fields, "vm_id", HandleKind.Vm));

    public CallResult Play(TracePlayer player)
    {
        XeVm vm = player.RequireVm(Vm.Resolve(player.Names));
        int before = vm.Context.Ranges.Count;
        Errno errno = vm.CollectGarbage();
        long gone = before - vm.Context.Ranges.Count;
        return new CallResult(errno, errno == Errno.Ok ? default : vm.LastRejection, vm.Id, $"vm {vm.Id}: {Count.Of(gone, "range")}")
        {
            Values = [(ulong)gone],
        };
    }
}
