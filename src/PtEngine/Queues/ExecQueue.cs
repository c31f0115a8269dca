using System.Collections.Immutable;
using XePt.Commit;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// An exec queue of a client (specification 02 section 7): an engine queue, which runs batches in order, or a bind queue, which runs binds in order.
/// </summary>
public sealed class ExecQueue
{
    /// <summary>Time slice of a queue that asks for none, in microseconds.</summary>
    public const ulong DefaultTimeslice = 1000;

    internal ExecQueue(uint vmId, VmContext vm, ImmutableArray<DrmXeEngineClassInstance> engines, int width)
    {
        (VmId, Vm, Engines, Width) = (vmId, vm, engines, width);
        if (EngineClass == EngineClass.VmBind)
            Binds = vm.Jobs.CreateQueue($"vm {vm.Jobs.Vm} bind queue");
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

    /// <summary>The queue was reset and runs nothing any more: GET_PROPERTY BAN reads 1, EXEC gives -ECANCELED, WAIT_USER_FENCE -EIO.</summary>
    public bool IsReset { get; private set; }

    internal VmContext Vm { get; }

    /// <summary>The lanes of a bind queue, one per tile (BIND-107); null for an engine queue.</summary>
    internal BindQueue? Binds { get; }

    /// <summary>Gives the queue its id.</summary>
    internal ExecQueue Named(uint id)
    {
        Id = id;
        return this;
    }
}
