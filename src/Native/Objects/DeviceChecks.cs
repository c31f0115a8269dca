using System.Runtime.InteropServices.Marshalling;
using XePt.Accesses;
using XePt.Pipeline;
using XePt.Tlb;

namespace XePt.Native;

/// <summary>Looks whether a device does what it must, after each ioctl and each job: tables against the page model of the VMA lists
/// (<see cref="TableCheck"/>), and every access against the invalidations (<see cref="CoherenceChecker"/>).</summary>
/// <remarks>Concurrency: any thread. One looks at a time; it enters one VM after the other.</remarks>
internal sealed unsafe class DeviceChecks : AccessWatch
{
    private readonly NativeDevice _device;
    private readonly DeviceOptions _options;
    private readonly CoherenceChecker _checker;
    private readonly TlbHub _tlb;
    private readonly Lock _looking = new();
    private readonly Dictionary<XeVm, Seen> _seen = [];
    private long _compared, _differences;
    private int _told;

    /// <summary>Begins to watch a device.</summary>
    public DeviceChecks(NativeDevice device, in DeviceOptions options)
    {
        (_device, _options, _tlb) = (device, options, device.Device.Tlb);
        _checker = new CoherenceChecker(_tlb);
        device.Device.Accesses.Watch = this;
    }

    /// <summary>How often the tables of a VM were compared.</summary>
    public long Compared => Interlocked.Read(ref _compared);

    /// <summary>Accesses that were judged.</summary>
    public long Accesses => _checker.Uses - _checker.Unjudged;

    /// <summary>What was wrong: entries, and accesses.</summary>
    public long Violations => Interlocked.Read(ref _differences) + _checker.ViolationCount;

    /// <inheritdoc/>
    public override ulong Begin(int gt) => _tlb.Issued(gt);

    /// <inheritdoc/>
    /// <remarks>What was acknowledged between the walk and the last byte must not cover the page.</remarks>
    public override void End(int gt, TlbVm vm, in Translation used, ulong begun)
    {
        CoherenceChecker.Use use = _checker.Begin(_tlb, gt, "engine");
        _checker.Check(ref use, vm, used, begun, out _);
        _checker.End(use);
    }

    /// <summary>Looks at every VM that has changed since the last time.</summary>
    /// <param name="after">What has happened.</param>
    public void Look(string after)
    {
        lock (_looking)
        {
            foreach (XeVm vm in _device.Vms)
                Look(vm, after);
            Forget();
            for (; _told < Math.Min(_checker.ViolationCount, CoherenceChecker.ViolationsKept); _told++)
                Tell($"after {after}: {_checker.Violations[_told]}");
        }
    }

    private void Look(XeVm vm, string after)
    {
        VmContext context = vm.Context;
        bool isKnown = _seen.TryGetValue(vm, out Seen seen);
        // Ranges change by other ways than calls of the VM, and so does what updates in flight write.
        bool mayChange = context.Ranges.Count > 0 || context.Jobs.PendingCount > 0;
        if (isKnown && seen.Call == context.Call.Number && !seen.MayChange && !mayChange)
            return;
        uint call = context.Call.Number;
        TableDifference? difference = vm.CheckTables();
        Interlocked.Increment(ref _compared);
        // What is wrong stays so for a while, and is said once.
        if (difference is not null && difference != seen.Wrong)
        {
            Interlocked.Increment(ref _differences);
            Tell($"after {after}: {difference}");
        }

        _seen[vm] = new Seen(call, mayChange, difference);
    }

    /// <summary>VMs that are gone are not kept alive.</summary>
    private void Forget()
    {
        if (_seen.Count <= 2 * _device.Vms.Count())
            return;
        foreach (XeVm gone in _seen.Keys.Where(vm => vm.Context.IsClosed).ToArray())
            _seen.Remove(gone);
    }

    private void Tell(string sentence)
    {
        if (_options.CheckFailed == null)
            return;
        byte* text = Utf8StringMarshaller.ConvertToUnmanaged(sentence);
        try
        {
            // SAFETY: the caller's function, as xept.h says it.
            _options.CheckFailed(_options.User, text);
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    /// <summary>How a VM was found the last time.</summary>
    private readonly record struct Seen(uint Call, bool MayChange, TableDifference? Wrong);
}
