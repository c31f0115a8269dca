using System.Runtime.CompilerServices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>How the pages of a range are collected.</summary>
/// <param name="Owner">Whose device pages are taken as they are; those of others are brought to system memory first (SVM-093).</param>
/// <param name="IsReadOnly">The GPU VMA is READONLY: copy-on-write is not broken (SVM-091).</param>
/// <param name="OnlyDevice">System pages are of no use (SVM-096).</param>
/// <param name="MayMix">Device pages of several blocks, and system pages behind them, are of use (UPTR-008).</param>
internal readonly record struct PageDemand(object? Owner, bool IsReadOnly, bool OnlyDevice = false, bool MayMix = false);

/// <summary>Collects the pages of a range as they are now (specification 04 section 5.4). The caller is inside the VM.</summary>
/// <remarks>Concurrency: the sequence number is read first, then the pages are looked at, then, inside the notifier gate, it is asked
/// whether the number is still the newest. If so, whoever changes pages from now on waits for the gate in its callback, and finds what is
/// stored there.</remarks>
internal static class RangePages
{
    /// <summary>Forgets pages that were collected for a read-only mirror when the GPU may now write: others may use them, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ForgetReadOnly(MirrorSpace space, int range, bool isReadOnly)
    {
        if (isReadOnly || !space.Ranges[range].Has(SvmRangeFlags.ReadOnlyPages))
            return;
        space.Ranges.Gate.Enter();
        ref SvmRange r = ref space.Ranges[range];
        r.Flags &= ~(SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages | SvmRangeFlags.ReadOnlyPages);
        r.Pagemap = 0;
        space.Ranges.Gate.Exit();
    }

    /// <summary>Collects.</summary>
    /// <returns>Ok; -EFAULT: unmapped, not readable, gone, or a system page where only device pages are of use; -EPERM: not writable;
    /// -EOPNOTSUPP: pages that do not go together; -EBUSY: changed again and again for 1000 ms; -ENOMEM; -EAGAIN in the middle of a change:
    /// the VM is to be left until it has ended.</returns>
    public static Errno Collect(MirrorSpace space, int range, in PageDemand demand)
    {
        if (!space.Host.TryEnter())
            return space.Ranges[range].Has(SvmRangeFlags.HasPages) ? Errno.Ok : Errno.EFAULT;
        try
        {
            return CollectInside(space, range, demand);
        }
        finally
        {
            space.Host.Leave();
        }
    }

    /// <summary>The same for who has entered the process.</summary>
    public static Errno CollectInside(MirrorSpace space, int range, in PageDemand demand)
    {
        if (space.Ranges[range].Has(SvmRangeFlags.HasPages))
            return Errno.Ok;
        var looks = new PageLooks(space.Device.Clock);
        Errno error;
        do
            error = TryCollect(space, range, demand, ref looks);
        while (looks.TryGoOn(ref error));
        return error;
    }

    /// <summary>One look.</summary>
    /// <returns>As <see cref="Collect"/>; -EAGAIN when the pages have changed meanwhile, or somebody has locked them.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno TryCollect(MirrorSpace space, int range, in PageDemand demand, ref PageLooks looks)
    {
        SvmNotifier notifier = space.Ranges.Notifier(space.Ranges[range].Notifier);
        (ulong start, ulong end) = (space.Ranges[range].Start, space.Ranges[range].End);
        if (!space.Host.TryReadBegin(notifier, out ulong sequence))
        {
            space.CarryOutChanges();
            return looks.MeetChange();
        }

        Errno error = space.Host.FaultIn(new AddressRange(start, end), !demand.IsReadOnly, demand.Owner, space.Pages);
        // Looking may have changed pages itself, by bringing some back from a device.
        if (space.Host.ReadRetry(notifier, sequence))
            return looks.MeetOutdated(error);
        if (error != Errno.Ok)
            return error == Errno.EBUSY ? looks.MeetLock() : error;
        error = space.Fires(FailurePoint.PageCollection, Errno.EFAULT);
        if (error != Errno.Ok)
            return error;
        if (!space.Ranges[range].Pages.TryReserve(space.Pages.Runs.Length))
            return Errno.ENOMEM;

        space.Ranges.Gate.Enter();
        ref SvmRange r = ref space.Ranges[range];
        error = r.Has(SvmRangeFlags.Unmapped) ? Errno.EFAULT
            : space.Host.ReadRetry(notifier, sequence) ? Errno.EAGAIN
            : Store(space, ref r, demand);
        space.Ranges.Gate.Exit();
        return error;
    }

    /// <summary>Stores what was found as device addresses, inside the gate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Store(MirrorSpace space, ref SvmRange range, in PageDemand demand)
    {
        Errno error = PageMix.Check(space.Pages.Runs, demand, out int pagemap);
        if (error != Errno.Ok)
            return error;

        range.Pages.Clear();
        foreach (ref readonly CpuPageRun run in space.Pages.Runs)
        {
            (ulong address, SegmentKind kind) = Locate(space, run);
            range.Pages.Add(run.Address - range.Start, address, kind);
        }

        range.Pages.End(range.Size);
        range.Flags &= ~(SvmRangeFlags.HasDevicePages | SvmRangeFlags.ReadOnlyPages);
        range.Flags |= demand.IsReadOnly ? SvmRangeFlags.ReadOnlyPages : SvmRangeFlags.None;
        range.Flags |= pagemap != 0 ? SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages : SvmRangeFlags.HasPages;
        range.Pagemap = pagemap;
        return Errno.Ok;
    }

    /// <summary>Where the GPU finds pages: system memory, its own memory, or a peer's, which is like system memory (SVM-097,
    /// SVM-110).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong Address, SegmentKind Kind) Locate(MirrorSpace space, in CpuPageRun run)
    {
        if (run.Block is not SvmBlock block)
            return (run.Frame, SegmentKind.System);
        ulong offset = block.Address - block.Pagemap.Base + ((ulong)run.FirstPage << 12);
        bool isLocal = ReferenceEquals(block.Pagemap.Device, space.Device);
        return isLocal ? (block.Pagemap.Base + offset, SegmentKind.Vram) : (block.Pagemap.PeerBase + offset, SegmentKind.System);
    }
}
