using System.Collections.Immutable;
using XePt.Commit;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// An exec queue of a client (specification 02 section 7): an engine queue, which runs batches in order, or a bind queue, which runs binds
/// in order.
/// </summary>
public sealed class ExecQueue : IPreemptibleQueue
{
    private long _lostUserFences;

    /// <summary>Time slice of a queue that asks for none, in microseconds.</summary>
    public const ulong DefaultTimeslice = 1000;

    internal ExecQueue(uint vmId, VmContext vm, ImmutableArray<DrmXeEngineClassInstance> engines, int width, QueueHost host)
    {
        (VmId, Vm, Engines, Width) = (vmId, vm, engines, width);
        if (EngineClass == EngineClass.VmBind)
            Binds = vm.Jobs.CreateQueue($"vm {vm.Jobs.Vm} bind queue");
        else
            Jobs = new JobQueue(this, host, engines[0].GtId / vm.Facts.Platform.GtSlotsPerTile);
    }

    /// <summary>Id inside the file, from 1.</summary>
    public uint Id { get; private set; }

    /// <summary>Id that the queue's VM had when the queue was made; the VM object outlives its id (BIND-012).</summary>
    public uint VmId { get; }

    /// <summary>The engines the queue may run on, placement by placement (BIND-103).</summary>
    public ImmutableArray<DrmXeEngineClassInstance> Engines { get; }

    /// <summary>Class of all its engines; <see cref="EngineClass.VmBind"/> for a bind queue.</summary>
    public EngineClass EngineClass => Engines[0].EngineClass;

    /// <summary>Batches of one job, which run side by side.</summary>
    public int Width { get; }

    /// <summary>The queue takes binds and runs no batches.</summary>
    public bool IsBindQueue => Binds is not null;

    /// <summary>0 low, 1 normal, 2 high (UAPI-008).</summary>
    public uint Priority { get; internal set; } = XeLimits.PriorityNormal;

    /// <summary>Time slice in microseconds (UAPI-008).</summary>
    public ulong Timeslice { get; internal set; } = DefaultTimeslice;

    /// <summary>The queue is in a multi-queue group (GRP-001).</summary>
    public bool IsInGroup => Group is not null;

    /// <summary>The queue made its group, which others join by its id.</summary>
    public bool IsGroupPrimary => Group is { } group && group.Primary == this;

    /// <summary>Priority among the queues of its group: 0 low, 1 normal, 2 high.</summary>
    public uint PriorityInGroup { get; internal set; } = XeLimits.PriorityNormal;

    /// <summary>The queue was reset or killed and runs nothing any more: GET_PROPERTY BAN reads 1, EXEC gives -ECANCELED, WAIT_USER_FENCE
    /// -EIO. Never true for a bind queue.</summary>
    public bool IsReset => Jobs is { IsEnded: true };

    /// <summary>Jobs submitted and neither complete nor cancelled.</summary>
    public int JobCount => Jobs?.Count ?? 0;

    /// <summary>What the device's sink keeps of the queue from one job to the next: the contexts of its engines, say. It is the sink's
    /// alone, and goes with the queue.</summary>
    public object? SinkState { get; set; }

    /// <summary>User fences of complete jobs that could not be written, because their page was not mapped writable or nobody models its
    /// contents.</summary>
    public long LostUserFences => Volatile.Read(ref _lostUserFences);

    /// <summary>Ends the queue as a hang does: the job that runs fails, those behind it are cancelled, none writes its user fences, and the
    /// queue is banned for good. Any thread. Does nothing to a bind queue or one that was reset before.</summary>
    /// <param name="error">Error of the fence of the job that runs, by default what the driver gives a job that hung; the other jobs'
    /// fences carry -ECANCELED.</param>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    public void Reset(Errno error = Errno.ETIME)
    {
        WriterGate.ThrowIfInside();
        Jobs?.End(error);
    }

    internal VmContext Vm { get; }

    /// <summary>Its multi-queue group, or null.</summary>
    internal QueueGroup? Group { get; set; }

    /// <summary>For example <c>queue 1</c>, or <c>bind queue 2</c>.</summary>
    public override string ToString() => $"{(IsBindQueue ? "bind queue" : "queue")} {Id}";

    /// <summary>The lanes of a bind queue, one per tile (BIND-107); null for an engine queue.</summary>
    internal BindQueue? Binds { get; }

    /// <summary>The jobs of an engine queue; null for a bind queue.</summary>
    internal JobQueue? Jobs { get; }

    /// <summary>Sync entries of the EXEC being run. The VM's writer side.</summary>
    internal ExecSyncs Syncs { get; } = new();

    /// <summary>The VM's flush counter when a job of this queue last flushed for it (PT-176). The VM's writer side.</summary>
    internal ulong FlushSeqno { get; set; }

    bool IPreemptibleQueue.IsIdle => JobCount == 0;

    Fence IPreemptibleQueue.Suspend() => Jobs!.Stop();

    void IPreemptibleQueue.Resume() => Jobs!.Continue();

    void IPreemptibleQueue.Kill(Errno error) => Jobs!.End(error);

    internal void AddLostUserFences(int lost)
    {
        if (lost != 0)
            Interlocked.Add(ref _lostUserFences, lost);
    }

    /// <summary>Gives the queue its id, and its lines names with the id, before anybody else can find it.</summary>
    internal ExecQueue Named(uint id)
    {
        Id = id;
        Binds?.NameAfter(id, $"vm {Vm.Jobs.Vm} bind queue {id}");
        Jobs?.NameAfter(id, $"vm {Vm.Jobs.Vm} queue {id} jobs");
        return this;
    }
}
