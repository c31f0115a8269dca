using XePt.Accesses;
using XePt.Calls;
using XePt.Commit;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Userptr;

namespace XePt.Schedules.Protocols;

/// <summary>A VM with a userptr on the one page of a process, bound, and simulated GPUs that access it: VMA, pages, faults, changes and
/// accesses are production code, around them is a <see cref="MirrorWorld"/>.</summary>
internal sealed class UserptrWorld : IDisposable
{
    public const ulong Va = MirrorWorld.Va + (4 << 20);

    private readonly MirrorWorld _world = new(isDiscrete: false);
    private readonly int _vma;

    /// <param name="wait">How a change waits, inside no VM, until nothing reaches the old page.</param>
    public UserptrWorld(Action<Fence> wait)
    {
        _world.Process.Accessed = frame => Owners.Use(MirrorWorld.NumberOf(frame));
        Vm.Vmas.Process = new HostUserptrs(Vm, _world.Process, owner: null, new SharedList<VmContext>(), wait);
        var op = new GpuvaOp { Start = Va, End = Va + MirrorWorld.PageBytes, Offset = MirrorWorld.Va };
        bool holdsBo = false;
        if (Vm.Vmas.Create(ref op, Vm.Call.Number, awaitsBind: false, ref holdsBo) != Errno.Ok || Vm.Space.Insert(op.Vma) != Errno.Ok)
            throw new InsufficientMemoryException();
        _vma = op.Vma;
        if (!TryBind() || !TryAccess())
            throw new InvalidOperationException("the userptr is not bound");
    }

    public VmContext Vm => _world.Vm;

    public PageOwners Owners => _world.Owners;

    /// <summary>The page that entries lead to, or none.</summary>
    public int Mapped => _world.MappedAt(Va);

    /// <summary>The page that the process has, or none.</summary>
    public int Present => _world.Present;

    /// <summary>A GPU writes a byte.</summary>
    /// <returns>False when it has a page fault.</returns>
    public bool TryAccess()
    {
        var run = new AccessRun(Vm, gt: 0, Va, GpuAccessKind.Write, length: 1);
        return run.TryFinish(_world.Accesses, new byte[1]);
    }

    /// <summary>Who is told of invalidations for the sake of accesses.</summary>
    public AccessGate Gate => _world.Accesses.Gate;

    /// <summary>What a change of another thread has done that was stopped before its flush: entries are zeroed and marked, and the flush is
    /// in flight (<c>VmaInvalidate.Submit</c>).</summary>
    /// <param name="flushed">Signals when it is over.</param>
    public void ZapUnflushed(Fence flushed)
    {
        ZapWalk.Run(Vm.Tables[0], Va, Va + MirrorWorld.PageBytes);
        Vm.Space.Vmas[_vma].TileInvalidated = Vm.Facts.TileMask;
        Vm.Jobs.Reservation.Add(flushed, FenceUsage.Bookkeep);
    }

    /// <summary>A call binds the userptr with the page of now, which waits inside no VM for changes in their middle.</summary>
    public bool TryBind()
    {
        var bind = new Bind(_vma);
        return VmEntry.Run(_world.Vms, Vm, ref bind) == Outcome.Done;
    }

    /// <inheritdoc cref="MirrorWorld.Discard"/>
    public void Discard() => _world.Discard();

    public void Dispose() => _world.Dispose();

    /// <summary>The order of calls is that of <c>VmaFault.Bind</c>, and of a call that repins on its way to Stage.</summary>
    private readonly struct Bind(int vma) : IVmOperation
    {
        public bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            Outcome outcome;
            do
            {
                Errno error = vm.Repin(vm.Space.Vmas[vma]);
                if (error != Errno.Ok)
                    return error == Errno.EAGAIN ? Outcome.Again : Outcome.Refused;
                outcome = VmaRebind.Run(vm, [vma], mayEvictOwn: false);
            }
            while (outcome == Outcome.Refused && vm.Call.Why.Errno == Errno.EAGAIN);

            return outcome;
        }
    }
}
