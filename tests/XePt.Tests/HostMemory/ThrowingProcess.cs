using System.Runtime.CompilerServices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.HostMemory;

/// <summary>A process of an embedder with a mistake: one chosen call throws.</summary>
internal sealed class ThrowingProcess(ICpuAddressSpace space) : ICpuAddressSpace
{
    private int _left;

    /// <summary>What has thrown; empty before.</summary>
    public string Thrown { get; private set; } = "";

    /// <summary>Migrations fail when their pages are collected, not before.</summary>
    public bool FailsCollected { get; set; }

    /// <summary>Called at each call.</summary>
    public Action? Calling { get; set; }

    public IFrameMemory Frames => space.Frames;

    /// <summary>The <paramref name="nth"/> call from now on throws; none for 0.</summary>
    public void ThrowAt(int nth) => _left = nth;

    public bool TryEnter()
    {
        Count();
        return space.TryEnter();
    }

    public void Leave() => space.Leave();

    public bool TryFindVma(ulong address, out CpuVma vma)
    {
        Count();
        return space.TryFindVma(address, out vma);
    }

    public bool TryFindFirstVma(AddressRange range, out CpuVma vma)
    {
        Count();
        return space.TryFindFirstVma(range, out vma);
    }

    public void Snapshot(AddressRange range, object? owner, CpuPageList into)
    {
        Count();
        space.Snapshot(range, owner, into);
    }

    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        Count();
        return space.FaultIn(range, write, owner, into);
    }

    public Errno Subscribe(CpuSubscription subscription, AddressRange range)
    {
        Count();
        return space.Subscribe(subscription, range);
    }

    public void Unsubscribe(CpuSubscription subscription) => space.Unsubscribe(subscription);

    public bool TryUnsubscribe(CpuSubscription subscription) => space.TryUnsubscribe(subscription);

    public ulong ReadBegin(CpuSubscription subscription)
    {
        Count();
        return space.ReadBegin(subscription);
    }

    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        Count();
        return space.TryReadBegin(subscription, out sequence);
    }

    public bool ReadRetry(CpuSubscription subscription, ulong sequence)
    {
        Count();
        return space.ReadRetry(subscription, sequence);
    }

    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds)
    {
        Count();
        Errno error = space.Collect(migration, range, kinds);
        return FailsCollected ? throw new InvalidOperationException(nameof(Collect)) : error;
    }

    public Errno CollectBlock(CpuMigration migration, DeviceBlock block)
    {
        Count();
        return space.CollectBlock(migration, block);
    }

    public Errno PrepareFrames(CpuMigration migration)
    {
        Count();
        return space.PrepareFrames(migration);
    }

    public void InstallFrames(CpuMigration migration)
    {
        Count();
        space.InstallFrames(migration);
    }

    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage)
    {
        Count();
        return space.InstallBlock(migration, block, firstPage);
    }

    public void Restore(CpuMigration migration) => space.Restore(migration);

    private void Count([CallerMemberName] string call = "")
    {
        Calling?.Invoke();
        if (--_left != 0)
            return;
        Thrown = call;
        throw new InvalidOperationException(call);
    }
}
