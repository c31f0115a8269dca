using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>A record with physical memory written out as runs.</summary>
internal interface IHasRuns
{
    /// <summary>The runs, or null when the record has none.</summary>
    PhysicalRun[]? Runs { get; }
}

/// <summary>
/// What a trace may ask for in all. One line can name millions of chunks, or map an address space whose tables take a GiB; without limits a
/// short trace takes all memory of the machine.
/// </summary>
internal sealed class TraceLimits
{
    /// <summary>Chunks of all run lists together.</summary>
    public const long MaxChunks = RunList.MaxChunks;

    /// <summary>Memory of the page tables, in bytes.</summary>
    public const long MaxTableBytes = 4L << 30;

    /// <summary>Device memory and memory of BOs that holds bytes, in pieces of 2 MiB.</summary>
    public const long MaxDeviceBytes = 1L << 30;

    /// <summary>SVM ranges of all VMs.</summary>
    public const int MaxRanges = 1 << 20;

    private long _chunks;

    /// <summary>Counts what a record is about to bring.</summary>
    /// <exception cref="MalformedRecordException">It is too much.</exception>
    public void Count(ITraceCall call)
    {
        if (call is not IHasRuns { Runs: { } runs })
            return;
        _chunks += runs.Sum(run => (long)run.Count);
        if (_chunks > MaxChunks)
            throw new MalformedRecordException($"'runs': more than {MaxChunks} chunks in this trace so far; a trace may have no more");
    }

    /// <summary>Looks at how much memory the records so far have led to.</summary>
    /// <param name="device">The device.</param>
    /// <param name="most">Bytes that its page tables may have.</param>
    /// <exception cref="MalformedRecordException">It is too much.</exception>
    public static void Check(XeDevice device, long most = MaxTableBytes)
    {
        if (device.Memory.Pools.Sum(pool => pool.HeldBytes) > most)
            throw new MalformedRecordException($"the page tables take more than {most >> 20} MiB; those of a trace may not");
        if (device.Mirrors.HeldBytes > MaxDeviceBytes)
            throw new MalformedRecordException(
                $"more than {MaxDeviceBytes >> 20} MiB of device memory and BOs have bytes in them; those of a trace may not");
    }

    /// <summary>Looks at how many SVM ranges there are.</summary>
    /// <exception cref="MalformedRecordException">There are too many.</exception>
    public static void CheckRanges(IEnumerable<TraceClient> clients)
    {
        if (clients.Sum(client => client.File.Vms.Sum(vm => (long)vm.Context.Ranges.Count)) > MaxRanges)
            throw new MalformedRecordException($"more than {MaxRanges} SVM ranges; a trace may have no more");
    }
}
