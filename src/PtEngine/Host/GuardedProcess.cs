using XePt.Diagnostics;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// The address space of a process as the engine asks it: what the embedder's code throws must not end a call halfway, with gates held and
/// pages locked. The call goes on as if the process had nothing there, takes back what it did, and the exception goes on out of it when
/// everything is done (<see cref="ThreadJobs.Note"/>).
/// </summary>
/// <remarks>What each fault asks, it asks the model of this room directly: a call through the interface is none that a compiler without a
/// profile can inline.</remarks>
internal sealed class GuardedProcess(ICpuAddressSpace space, DeviceWatch watch) : ICpuAddressSpace
{
    private readonly ModelProcess? _model = space as ModelProcess;

    public ICpuAddressSpace Space => space;

    public IFrameMemory Frames => space.Frames;

    public bool TryEnter()
    {
        try
        {
            return _model is { } model ? model.TryEnter() : space.TryEnter();
        }
        catch (Exception thrown)
        {
            return Note(thrown, false);
        }
    }

    public void Leave()
    {
        try
        {
            if (_model is { } model)
                model.Leave();
            else
                space.Leave();
        }
        catch (Exception thrown)
        {
            Note(thrown, Errno.EFAULT);
        }
    }

    public bool TryFindVma(ulong address, out CpuVma vma)
    {
        try
        {
            return _model is { } model ? model.TryFindVma(address, out vma) : space.TryFindVma(address, out vma);
        }
        catch (Exception thrown)
        {
            vma = default;
            return Note(thrown, false);
        }
    }

    public bool TryFindFirstVma(AddressRange range, out CpuVma vma)
    {
        try
        {
            return space.TryFindFirstVma(range, out vma);
        }
        catch (Exception thrown)
        {
            vma = default;
            return Note(thrown, false);
        }
    }

    public void Snapshot(AddressRange range, object? owner, CpuPageList into)
    {
        try
        {
            space.Snapshot(range, owner, into);
        }
        catch (Exception thrown)
        {
            into.Clear();
            Note(thrown, Errno.EFAULT);
        }
    }

    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        try
        {
            return _model is { } model ? model.FaultIn(range, write, owner, into) : space.FaultIn(range, write, owner, into);
        }
        catch (Exception thrown)
        {
            return Note(thrown, Errno.EFAULT);
        }
    }

    public Errno Subscribe(CpuSubscription subscription, AddressRange range)
    {
        try
        {
            return space.Subscribe(subscription, range);
        }
        catch (Exception thrown)
        {
            return Note(thrown, Errno.ENOMEM);
        }
    }

    public void Unsubscribe(CpuSubscription subscription)
    {
        try
        {
            space.Unsubscribe(subscription);
        }
        catch (Exception thrown)
        {
            Note(thrown, Errno.EFAULT);
        }
    }

    public bool TryUnsubscribe(CpuSubscription subscription)
    {
        try
        {
            return space.TryUnsubscribe(subscription);
        }
        catch (Exception thrown)
        {
            return Note(thrown, false);
        }
    }

    public ulong ReadBegin(CpuSubscription subscription)
    {
        try
        {
            return space.ReadBegin(subscription);
        }
        catch (Exception thrown)
        {
            return Note(thrown, 0ul);
        }
    }

    // The model's numbers are read without asking anybody who could throw.
    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence) =>
        _model is not null ? SubscriptionBook.TryReadBegin(subscription, out sequence) : AskReadBegin(subscription, out sequence);

    /// <summary>Who cannot be asked has changed.</summary>
    public bool ReadRetry(CpuSubscription subscription, ulong sequence) =>
        _model is not null ? SubscriptionBook.ReadRetry(subscription, sequence) : AskReadRetry(subscription, sequence);

    private bool AskReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        try
        {
            return space.TryReadBegin(subscription, out sequence);
        }
        catch (Exception thrown)
        {
            sequence = 0;
            return Note(thrown, false);
        }
    }

    private bool AskReadRetry(CpuSubscription subscription, ulong sequence)
    {
        try
        {
            return space.ReadRetry(subscription, sequence);
        }
        catch (Exception thrown)
        {
            return Note(thrown, true);
        }
    }

    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds)
    {
        try
        {
            return space.Collect(migration, range, kinds);
        }
        catch (Exception thrown)
        {
            return PutBack(migration, thrown);
        }
    }

    public Errno CollectBlock(CpuMigration migration, DeviceBlock block)
    {
        try
        {
            return space.CollectBlock(migration, block);
        }
        catch (Exception thrown)
        {
            return PutBack(migration, thrown);
        }
    }

    public Errno PrepareFrames(CpuMigration migration)
    {
        try
        {
            return space.PrepareFrames(migration);
        }
        catch (Exception thrown)
        {
            return Note(thrown, Errno.ENOMEM);
        }
    }

    public void InstallFrames(CpuMigration migration)
    {
        try
        {
            space.InstallFrames(migration);
        }
        catch (Exception thrown)
        {
            Note(thrown, Errno.EFAULT);
            Restore(migration);
        }
    }

    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage)
    {
        try
        {
            return space.InstallBlock(migration, block, firstPage);
        }
        catch (Exception thrown)
        {
            Restore(migration);
            return Note(thrown, Errno.ENOMEM);
        }
    }

    public void Restore(CpuMigration migration)
    {
        try
        {
            space.Restore(migration);
        }
        catch (Exception thrown)
        {
            Note(thrown, Errno.EFAULT);
        }
    }

    /// <summary>What was collected before somebody threw is let go of.</summary>
    private Errno PutBack(CpuMigration migration, Exception thrown)
    {
        if (migration.HostNumber != 0)
            Restore(migration);
        return Note(thrown, Errno.ENOMEM);
    }

    private T Note<T>(Exception thrown, T answer)
    {
        watch.Fail(thrown);
        ThreadJobs.Own.Note(thrown);
        return answer;
    }
}
