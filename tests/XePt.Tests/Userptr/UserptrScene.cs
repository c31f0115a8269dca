using XePt.Devices;
using XePt.Fences;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Userptr;

/// <summary>A VM with a userptr of two pages at <see cref="A"/>, whose CPU pages the test changes, and jobs that run until the test
/// completes them.</summary>
internal sealed class UserptrScene : IDisposable
{
    public const ulong A = BindScene.A, Page = 0x1000, Size = 2 * Page;
    public const ulong Cpu = 0x7f00_0000_0000;

    /// <summary>Where the pages are at first, and where they come to be.</summary>
    public const ulong Old = 0x3000_0000, New = 0x5000_0000;

    private readonly ExecScene _scene;

    public UserptrScene(
        uint vmFlags, PlatformInfo? platform = null, DriveMode drive = DriveMode.Inline, bool canPreempt = false, bool isBound = true)
    {
        _scene = new ExecScene(vmFlags, platform, drive, canPreempt: canPreempt);
        Assert.True(File.MapCpuMemory(Cpu, new PhysicalRun(Old, Size)));
        Do(Userptr(isBound ? VmBindFlags.Immediate : 0));
    }

    public AsyncScene Binds => _scene.Binds;

    public ExecScene Jobs => _scene;

    public XeDevice Device => _scene.Device;

    public XeFile File => _scene.File;

    public XeVm Vm => _scene.Vm;

    /// <summary>Where the first page is by the tables of a tile, or 0.</summary>
    public ulong Shown => Vm.Translate(A).Address;

    public VmaInfo Vma => Vm.FindVma(A)!.Value;

    public bool IsListed => Vm.InvalidatedUserptrs is [A];

    /// <summary>The engine holds pages for the userptr.</summary>
    public bool HoldsPages => Vm.Context.Userptrs.PagesOf(Vm.Context.Space.Vmas[Vm.Context.Space.Find(A)].Userptr) != 0;

    public static DrmXeVmBindOp Userptr(VmBindFlags flags = 0, ulong va = A, ulong cpu = Cpu, ulong size = Size) =>
        Op.Userptr(cpu, va, size, flags);

    /// <summary>Binds with a PAT index that every memory of the platform accepts.</summary>
    public Errno Bind(params DrmXeVmBindOp[] ops) =>
        Binds.Bind([], [.. ops.Select(op => op with { PatIndex = (ushort)Device.Platform.Pat.IndexWriteBack })]);

    public void Do(params DrmXeVmBindOp[] ops) => Assert.True(Bind(ops) == Errno.Ok, File.LastRejection.ToString());

    /// <summary>The host moves the pages.</summary>
    public Fence Change()
    {
        Assert.True(File.ReplaceCpuMemory(Cpu, out Fence gone, new PhysicalRun(New, Size)));
        return gone;
    }

    /// <summary>The host takes the pages away.</summary>
    public Fence TakeAway()
    {
        Assert.True(File.UnmapCpuMemory(Cpu));
        return File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, Size));
    }

    public Errno Exec(ulong batch = ExecScene.Batch) => Jobs.TryDo(Jobs.Queue, batch);

    public void Refuses(Errno errno, string rule, params DrmXeVmBindOp[] ops)
    {
        ulong before = Vm.StateHash();
        Assert.Equal((errno, rule), (Bind(ops), File.LastRejection.RuleId));
        Assert.Equal(before, Vm.StateHash());
    }

    /// <summary>A fence that all of the VM waits for.</summary>
    public Fence Pending(FenceUsage usage = FenceUsage.Bookkeep)
    {
        Fence fence = Device.CreateFence("test");
        Vm.Context.Jobs.Reservation.Add(fence, usage);
        return fence;
    }

    public void Dispose() => _scene.Dispose();
}
