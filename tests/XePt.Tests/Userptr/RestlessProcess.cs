using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Userptr;

/// <summary>A process whose pages do not keep still when they are collected.</summary>
internal sealed class RestlessProcess(ModelProcess process) : ICpuAddressSpace
{
    /// <summary>Called when pages were collected.</summary>
    public Action? Collected { get; set; }

    /// <summary>Asked whenever a collection begins: a change is in its middle.</summary>
    public Func<bool>? IsInMiddle { get; set; }

    /// <summary>Memory that is not mapped any more, of which nobody was told.</summary>
    public AddressRange Untold { get; set; }

    /// <summary>Called when somebody is about to use bytes.</summary>
    public Action? Found { get; set; }

    public IFrameMemory Frames
    {
        get
        {
            Found?.Invoke();
            return process.Frames;
        }
    }

    public bool TryEnter() => process.TryEnter();

    public void Leave() => process.Leave();

    public bool TryFindVma(ulong address, out CpuVma vma)
    {
        bool isFound = process.TryFindVma(address, out vma) && !Untold.Contains(address);
        vma = !isFound ? default : vma with { Range = WithoutUntold(vma.Range, address) };
        return isFound;
    }

    public bool TryFindFirstVma(AddressRange range, out CpuVma vma)
    {
        ulong from = Untold.Contains(range.Start) ? Untold.End : range.Start;
        bool isFound = process.TryFindFirstVma(new AddressRange(from, Math.Max(from, range.End)), out vma);
        vma = !isFound ? default : vma with { Range = WithoutUntold(vma.Range, Math.Max(from, vma.Range.Start)) };
        return isFound;
    }

    public void Snapshot(AddressRange range, object? owner, CpuPageList into) => process.Snapshot(range, owner, into);

    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        Errno error = range.Overlaps(Untold) ? Errno.EFAULT : process.FaultIn(range, write, owner, into);
        Collected?.Invoke();
        return error;
    }

    public Errno Subscribe(CpuSubscription subscription, AddressRange range) => process.Subscribe(subscription, range);

    public void Unsubscribe(CpuSubscription subscription) => process.Unsubscribe(subscription);

    public bool TryUnsubscribe(CpuSubscription subscription) => process.TryUnsubscribe(subscription);

    public ulong ReadBegin(CpuSubscription subscription) => process.ReadBegin(subscription);

    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        bool isInMiddle = IsInMiddle?.Invoke() == true;
        return process.TryReadBegin(subscription, out sequence) && !isInMiddle;
    }

    public bool ReadRetry(CpuSubscription subscription, ulong sequence) => process.ReadRetry(subscription, sequence);

    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds) =>
        process.Collect(migration, range, kinds);

    public Errno CollectBlock(CpuMigration migration, DeviceBlock block) => process.CollectBlock(migration, block);

    public Errno PrepareFrames(CpuMigration migration) => process.PrepareFrames(migration);

    public void InstallFrames(CpuMigration migration) => process.InstallFrames(migration);

    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage) =>
        process.InstallBlock(migration, block, firstPage);

    public void Restore(CpuMigration migration) => process.Restore(migration);

    private AddressRange WithoutUntold(AddressRange mapping, ulong around) => !mapping.Overlaps(Untold) ? mapping
        : around < Untold.Start ? mapping with { End = Untold.Start }
        : new AddressRange(Untold.End, mapping.End);
}
