using System.Buffers.Binary;

namespace XePt.Fences;

/// <summary>The user fences of one VM that wait for their binds.</summary>
/// <remarks>Concurrency: the VM's writer side submits and settles; jobs write from the thread that runs them.</remarks>
internal sealed class UserFenceJobs(
    UserFenceTable table, LegPool legs, LaterList later, JobScheduler scheduler, IUserMemory memory, Action<Fence> report)
{
    private readonly PendingJobs<UserFenceJob> _pending = new();
    private readonly Stack<UserFenceJob> _idle = [];

    /// <summary>Called after a value was written, to wake who waits for it.</summary>
    public Action? Written { get; set; }

    /// <summary>Writes a value after a bind fence and the queue's earlier user fences; at once when they have signalled.</summary>
    public void Submit(int slot, ulong address, ulong value, Fence bind, FenceTimeline queue)
    {
        if (bind.IsSignalled && queue.IsIdle)
        {
            table.FlagOf(slot).Set();
            Write(address, value);
            return;
        }

        UserFenceJob job = _idle.TryPop(out UserFenceJob? idle) ? idle : new UserFenceJob(this, scheduler, later);
        _pending.Add(job);
        table.AddReference(slot);
        Fence before = queue.Issued == 0 ? Fence.Signalled : queue.At(queue.Issued);
        job.Prepare(slot, table.FlagOf(slot), address, value, queue.Next());
        job.Begin();
        job.Await(bind, legs);
        job.Await(before, legs);
        job.End();
    }

    /// <summary>Adds to a set the fences of all values not written yet.</summary>
    public void CollectPending(FenceSet into)
    {
        foreach (UserFenceJob job in _pending.InOrder())
            into.Add(job.Fence);
    }

    /// <summary>Ends every pending user fence without writing it, oldest first.</summary>
    public void CancelAll()
    {
        foreach (UserFenceJob job in _pending.InOrder())
            job.Cancel();
    }

    internal void Write(ulong address, ulong value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        try
        {
            memory.TryWrite(address, word);
        }
        catch (Exception thrown)
        {
            // As for memory that cannot be written: the fence counts as signalled all the same.
            scheduler.Note(thrown);
        }

        Written?.Invoke();
    }

    /// <summary>A value that had to wait is in memory.</summary>
    internal void Report(Fence fence) => report(fence);

    /// <summary>Drops what a finished job held, inside the VM.</summary>
    internal void TakeBack(UserFenceJob job)
    {
        table.DropReference(job.Slot);
        _pending.Remove(job);
        _idle.Push(job);
    }
}
