using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>A userptr of one thread on a window of its arena, which the mirrors show as well: both lead to the same bytes.</summary>
internal sealed class SvmAlias(SvmWorld world, SvmArena arena, int number)
{
    private const ulong First = 0x5000_0000_0000;

    private readonly AddressRange _at = AddressRange.OfSize(First + ((ulong)number * 2 * SvmArena.Window), SvmArena.Window);
    private int _vm;

    /// <summary>The window that it shows, or -1.</summary>
    public int Window { get; private set; } = -1;

    /// <summary>Binds it to a window, or takes it away when it is bound.</summary>
    public void Step(Random random)
    {
        if (Window >= 0)
        {
            Clear();
            return;
        }

        int window = random.Next(SvmArena.Windows);
        _vm = random.Next(world.Vms.Length);
        Errno errno = Bind(new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            Userptr = arena.RangeOf(window).Start,
            PatIndex = (ushort)world.Device.Platform.Pat.IndexWriteBack,
        });
        SvmWorld.Require(errno == Errno.Ok || MayRefuse(errno), $"{errno} of a userptr");
        if (errno == Errno.Ok)
            Window = window;
    }

    /// <summary>Gives the addresses back to the mirror.</summary>
    public void Clear()
    {
        if (Window < 0)
            return;
        Window = -1;
        Errno errno = Bind(new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror });
        SvmWorld.Require(errno == Errno.Ok, $"{errno} where a userptr was");
    }

    /// <summary>Accesses a page of the window.</summary>
    /// <returns>What became of it: not done when there are no pages to be had just now, which others may have moved.</returns>
    public GpuAccess Access(GpuAccessKind kind, int page, ref ulong value, int gt)
    {
        ulong address = _at.Start + (arena.AddressOf(page) - arena.RangeOf(Window).Start);
        GpuAccess access = world.Vms[_vm].Access(address, kind, MemoryMarshal.AsBytes(new Span<ulong>(ref value)), gt);
        SvmWorld.Require(
            access.IsDone || access.Status != GpuAccessStatus.Nacked || MayRefuse(access.Error), $"a userptr at 0x{address:x}: {access}");
        return access;
    }

    /// <summary>Memory that is not there or not writable, pages of which some are in device memory and some are not (UPTR-004, UPTR-008),
    /// and device memory in pieces that are too small for the platform (SVM-112).</summary>
    private bool MayRefuse(Errno errno) =>
        errno is Errno.EFAULT or Errno.EPERM or Errno.EOPNOTSUPP or Errno.ENOMEM or Errno.EBUSY or Errno.EAGAIN
        || (errno == Errno.EINVAL && world.Device.Platform.VramNeeds64K);

    private Errno Bind(DrmXeVmBindOp op)
    {
        (op.Addr, op.Range) = (_at.Start, _at.Size);
        Errno errno = world.File.VmBind(new DrmXeVmBind { VmId = world.Vms[_vm].Id, NumBinds = 1, Bind = op }, [], [], out Fence done);
        SvmWorld.Require(errno != Errno.Ok || done.Wait(SvmWorld.MostTime), "the bind of a userptr is not complete after a minute");
        return errno;
    }
}
