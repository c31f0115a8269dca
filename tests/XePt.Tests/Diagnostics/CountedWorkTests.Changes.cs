using System.Text;
using XePt.Bench;
using XePt.Devices;
using XePt.Fences;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>What others than binds make of tables: walkers that hold them, changes of memory that take entries away, and whoever brings
/// them back; calls that wait.</summary>
public partial class CountedWorkTests
{
    private static void AddChanges(StringBuilder text)
    {
        AddPinned(text);
        AddWaiting(text);
        AddUserptr(text);
        AddMove(text);
        AddRebind(text);
        AddRefault(text);
        AddPrefetch(text);
    }

    /// <summary>A walker holds what is unbound under it, and lets go of it when it is refreshed.</summary>
    private static void AddPinned(StringBuilder text)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        Check(file.VmBind(vm.Id, Null(Va + (2 * Megabyte))));
        DrmXeVmBindOp map = Map(Bo(file, 2 * Megabyte, 4 * Kilobyte), 2 * Megabyte), unmap = Unmap(2 * Megabyte);
        using XeWalker walker = vm.OpenWalker();
        Add(text, "bind 2M as 4K under a walker", vm, 2 * Megabyte, walker.Refresh, Bind, Unbind);
        Add(text, "unbind 2M as 4K under a walker", vm, 2 * Megabyte, Bind, Unbind, walker.Refresh);

        void Bind() => Check(file.VmBind(vm.Id, map));
        void Unbind() => Check(file.VmBind(vm.Id, unmap));
    }

    /// <summary>A bind that waits for a fence writes nothing; the signal does.</summary>
    private static void AddWaiting(StringBuilder text)
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        Check(file.VmBind(vm.Id, Null(Va + (4 * Kilobyte))));
        uint sync = file.SyncobjCreate();
        DrmXeSync[] syncs = [new DrmXeSync { Handle = sync }];
        uint bo = Bo(file, 4 * Kilobyte, 4 * Kilobyte);
        DrmXeVmBind bind = new() { VmId = vm.Id, NumBinds = 1, NumSyncs = 1, Bind = Map(bo, 4 * Kilobyte) };
        DrmXeVmBindOp unmap = Unmap(4 * Kilobyte);
        Fence fence = Fence.Signalled;
        Add(text, "bind 4K that waits", vm, 4 * Kilobyte, Attach, Bind, () =>
        {
            Signal();
            Unbind();
        });
        Add(text, "signal that it waits for", vm, 4 * Kilobyte, () =>
        {
            Attach();
            Bind();
        }, Signal, Unbind);

        void Attach()
        {
            fence = device.CreateFence("test");
            file.SyncobjAttach(sync, fence);
        }

        void Bind() => Check(file.VmBind(bind, default, syncs));
        void Signal() => fence.TrySignal();
        void Unbind() => Check(file.VmBind(vm.Id, unmap));
    }

    /// <summary>In a fault-mode VM a change of the CPU's pages takes the entries of a userptr away, and a fault brings them back.</summary>
    private static void AddUserptr(StringBuilder text)
    {
        const ulong Cpu = 0x7f00_0000_0000, Size = 64 * Kilobyte;
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.True(file.MapCpuMemory(Cpu, new PhysicalRun(3UL << 28, Size)));
        Check(file.VmBind(vm.Id, Op.Userptr(Cpu, Va, Size) with { PatIndex = (ushort)device.Platform.Pat.IndexWriteBack }));
        Add(text, "change under a userptr of 64K", vm, Size, Fault, Change, null);
        Add(text, "fault on it", vm, Size, Change, Fault, null);

        void Change()
        {
            if (!file.ReplaceCpuMemory(Cpu, out Fence _, new PhysicalRun(5UL << 28, Size)))
                Check(Errno.EFAULT);
        }

        void Fault() => Check(vm.Fault(Va));
    }

    /// <summary>In a fault-mode VM a BO that moves loses its entries, and a fault or a prefetch brings them back.</summary>
    private static void AddMove(StringBuilder text)
    {
        const ulong Size = 64 * Kilobyte;
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        uint bo = Movable(file, Size);
        Check(file.VmBind(vm.Id, Map(bo, Size)));
        DrmXeVmBindOp prefetch = Op.Prefetch(Va, Size, region: 1);
        Add(text, "move of a bound BO of 64K", vm, Size, Prefetch, Move, null);
        Add(text, "fault on it where it is now", vm, Size, Move, Fault, Prefetch);
        Add(text, "prefetch of it into VRAM", vm, Size, Move, Prefetch, null);

        void Move() => Check(file.MoveBo(bo, 0));
        void Fault() => Check(vm.Fault(Va));
        void Prefetch() => Check(file.VmBind(vm.Id, prefetch));
    }

    /// <summary>In another VM the next EXEC binds it anew.</summary>
    private static void AddRebind(StringBuilder text)
    {
        const ulong Size = 64 * Kilobyte;
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        uint bo = Movable(file, Size);
        Check(file.VmBind(vm.Id, Map(bo, Size)));
        DrmXeExec exec = new() { ExecQueueId = file.Queue(vm.Id).Id, NumBatchBuffer = 1, Address = Va };
        int region = 1;
        Add(text, "EXEC", vm, Size, null, Exec, null);
        Add(text, "EXEC after a move of 64K", vm, Size, Move, Exec, null);

        void Move() => Check(file.MoveBo(bo, region ^= 1));
        void Exec() => Check(file.Exec(exec));
    }

    private static void AddRefault(StringBuilder text)
    {
        using var mirror = new MirrorFixture(64 * Kilobyte, count: 1, migrates: false);
        mirror.Populate();
        Add(text, "change under a range of 64K", mirror.Vm, 64 * Kilobyte, mirror.Touch, mirror.Invalidate, null, at: mirror.First);
        Add(text, "fault on it again", mirror.Vm, 64 * Kilobyte, mirror.Invalidate, mirror.Touch, null, at: mirror.First);
    }

    private static void AddPrefetch(StringBuilder text)
    {
        using var mirror = new MirrorFixture(64 * Kilobyte, count: 4, migrates: true);
        mirror.Populate();
        Add(
            text, "prefetch of 4 mirrored 64K", mirror.Vm, 64 * Kilobyte, mirror.Renew, () => mirror.Prefetch(1), null,
            at: mirror.First);
    }

    private static DrmXeVmBindOp Map(uint bo, ulong size) =>
        new() { Op = VmBindOp.Map, Flags = VmBindFlags.Immediate, Obj = bo, Addr = Va, Range = size, PatIndex = 2 };

    private static DrmXeVmBindOp Unmap(ulong size) => new() { Op = VmBindOp.Unmap, Addr = Va, Range = size };

    /// <summary>A BO that may lie in VRAM, where it is at first, and in system memory.</summary>
    private static uint Movable(XeFile file, ulong size)
    {
        var gem = new DrmXeGemCreate { Size = size, Placement = 3, CpuCaching = CpuCaching.WriteCombined };
        Check(file.GemCreate(ref gem));
        return gem.Handle;
    }
}
