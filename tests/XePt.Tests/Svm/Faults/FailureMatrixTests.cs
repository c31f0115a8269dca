using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Each place that may fail, on each occasion on which it comes by: what the occasion then ends with, and that calls of every
/// other kind afterwards do the same as where nothing has failed (HST-039).</summary>
public class FailureMatrixTests
{
    private const ulong Size = Size2M;
    private const ulong Beside = A + (16 * Size2M);
    private const ushort Coherent = 2;

    private const ulong Pinned = A + (32 * Size2M);

    private static readonly FailurePoint[] Points =
    [
        FailurePoint.BlockAllocation, FailurePoint.Copy, FailurePoint.PageCollection, FailurePoint.RangeBind, FailurePoint.RangeCommit,
        FailurePoint.Prepare, FailurePoint.Run, FailurePoint.TlbSend, FailurePoint.UserptrCheck,
    ];

    /// <summary>What happens while a place fails.</summary>
    private static readonly Dictionary<string, (Action<SvmScene> Before, Func<SvmScene, Errno> Act)> Occasions = new()
    {
        ["first touch 4K"] = (scene => scene.Map(A + Page, Size - Page), scene => scene.Fault(A + Page)),
        ["first touch 64K"] = (scene => scene.Map(A, Size64K), scene => scene.Fault(A, GpuAccessKind.Write)),
        ["first touch 2M"] = (scene => scene.Map(A, Size), scene => scene.Fault(A)),
        ["refault"] = (Touched, scene => Changed(scene)),
        ["atomic"] = (scene => scene.Map(A, Size), scene => scene.Fault(A, GpuAccessKind.Atomic)),
        ["prefetch in"] = (scene => scene.Map(A, Size), scene => scene.Bind(VmBindOp.Prefetch, A, Size, region: DeviceRegion(scene))),
        ["prefetch out"] = (Touched, scene => scene.Bind(VmBindOp.Prefetch, A, Size)),
        ["advice"] = (Touched, scene => scene.Advise(A, Size, AtomicAccess.Global)),
        ["bo"] = (scene => BindBo(scene), scene => scene.Fault(A, GpuAccessKind.Write)),
        ["bo moved"] = (scene => Assert.Equal((Errno.Ok, Errno.Ok), (BindBo(scene), scene.Fault(A))), Moved),
        ["bo atomic"] = (scene => BindBo(scene), scene => scene.Fault(A, GpuAccessKind.Atomic)),
        ["userptr"] = (scene => BindUserptr(scene), scene => scene.Fault(A, GpuAccessKind.Write)),
        ["userptr changed"] = (scene => Assert.Equal((Errno.Ok, Errno.Ok), (BindUserptr(scene), scene.Fault(A))), Repinned),
    };

    /// <summary>Occasion, place, what it ends with, and where the page is afterwards that the GPU was to have in VRAM, or, after a prefetch
    /// out of it, in system memory.</summary>
    private static TheoryData<string, FailurePoint, Errno, string> Discrete => new()
    {
        // Where VRAM is only preferred, system memory does (SVM-082). What is collected too late, or changes before the commit, is tried
        // again (SVM-099, SVM-105); tables that get no memory are the answer (SVM-109).
        { "first touch 4K", FailurePoint.BlockAllocation, Errno.Ok, "system" },
        { "first touch 4K", FailurePoint.Copy, Errno.Ok, "system" },
        { "first touch 4K", FailurePoint.PageCollection, Errno.Ok, "vram" },
        { "first touch 4K", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 4K", FailurePoint.RangeCommit, Errno.Ok, "vram" },
        { "first touch 4K", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "first touch 64K", FailurePoint.BlockAllocation, Errno.Ok, "system" },
        { "first touch 64K", FailurePoint.Copy, Errno.Ok, "system" },
        { "first touch 64K", FailurePoint.PageCollection, Errno.Ok, "vram" },
        { "first touch 64K", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 64K", FailurePoint.RangeCommit, Errno.Ok, "vram" },
        { "first touch 64K", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "first touch 2M", FailurePoint.BlockAllocation, Errno.Ok, "system" },
        { "first touch 2M", FailurePoint.Copy, Errno.Ok, "system" },
        { "first touch 2M", FailurePoint.PageCollection, Errno.Ok, "vram" },
        { "first touch 2M", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 2M", FailurePoint.RangeCommit, Errno.Ok, "vram" },
        { "first touch 2M", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "refault", FailurePoint.BlockAllocation, Errno.Ok, "system" },
        { "refault", FailurePoint.Copy, Errno.Ok, "system" },
        { "refault", FailurePoint.PageCollection, Errno.Ok, "vram" },
        { "refault", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "refault", FailurePoint.RangeCommit, Errno.Ok, "vram" },
        { "refault", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "refault", FailurePoint.TlbSend, Errno.Ok, "vram" },
        { "atomic", FailurePoint.BlockAllocation, Errno.Ok, "vram" },
        { "atomic", FailurePoint.Copy, Errno.Ok, "vram" },
        { "atomic", FailurePoint.PageCollection, Errno.Ok, "vram" },
        { "atomic", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "atomic", FailurePoint.RangeCommit, Errno.Ok, "vram" },
        { "atomic", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "prefetch in", FailurePoint.BlockAllocation, Errno.Ok, "nowhere" },
        { "prefetch in", FailurePoint.Copy, Errno.Ok, "nowhere" },
        { "prefetch in", FailurePoint.PageCollection, Errno.Ok, "nowhere" },
        { "prefetch in", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "prefetch in", FailurePoint.RangeCommit, Errno.Ok, "nowhere" },
        { "prefetch out", FailurePoint.Copy, Errno.Ok, "system" },
        { "prefetch out", FailurePoint.PageCollection, Errno.Ok, "nowhere" },
        { "prefetch out", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "prefetch out", FailurePoint.RangeCommit, Errno.Ok, "nowhere" },
        { "prefetch out", FailurePoint.TlbSend, Errno.Ok, "system" },
        { "advice", FailurePoint.TlbSend, Errno.Ok, "nowhere" },
        { "bo", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "bo", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "bo moved", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "bo moved", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        // Who moves it decides where it stays.
        { "bo moved", FailurePoint.TlbSend, Errno.Ok, "system" },
        { "bo atomic", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "bo atomic", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "userptr", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "userptr", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        // Its pages count as changed, and it is bound once more (FLT-046).
        { "userptr", FailurePoint.UserptrCheck, Errno.Ok, "system" },
        { "userptr changed", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "userptr changed", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "userptr changed", FailurePoint.UserptrCheck, Errno.Ok, "system" },
    };

    /// <summary>Where there is no VRAM nothing moves.</summary>
    private static TheoryData<string, FailurePoint, Errno, string> Integrated => new()
    {
        { "first touch 4K", FailurePoint.PageCollection, Errno.Ok, "system" },
        { "first touch 4K", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 4K", FailurePoint.RangeCommit, Errno.Ok, "system" },
        { "first touch 4K", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "first touch 64K", FailurePoint.PageCollection, Errno.Ok, "system" },
        { "first touch 64K", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 64K", FailurePoint.RangeCommit, Errno.Ok, "system" },
        { "first touch 64K", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "first touch 2M", FailurePoint.PageCollection, Errno.Ok, "system" },
        { "first touch 2M", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "first touch 2M", FailurePoint.RangeCommit, Errno.Ok, "system" },
        { "first touch 2M", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "refault", FailurePoint.PageCollection, Errno.Ok, "system" },
        { "refault", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "refault", FailurePoint.RangeCommit, Errno.Ok, "system" },
        { "refault", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "refault", FailurePoint.TlbSend, Errno.Ok, "system" },
        { "atomic", FailurePoint.PageCollection, Errno.Ok, "system" },
        { "atomic", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "atomic", FailurePoint.RangeCommit, Errno.Ok, "system" },
        { "atomic", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "prefetch in", FailurePoint.PageCollection, Errno.Ok, "nowhere" },
        { "prefetch in", FailurePoint.RangeCommit, Errno.Ok, "nowhere" },
        { "prefetch in", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "advice", FailurePoint.TlbSend, Errno.Ok, "nowhere" },
        { "bo", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "bo", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "bo atomic", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "bo atomic", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "userptr", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "userptr", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "userptr", FailurePoint.UserptrCheck, Errno.Ok, "system" },
        { "userptr changed", FailurePoint.RangeBind, Errno.ENOMEM, "nowhere" },
        { "userptr changed", FailurePoint.Run, Errno.ENOSPC, "nowhere" },
        { "userptr changed", FailurePoint.UserptrCheck, Errno.Ok, "system" },
    };

    /// <summary>Where: the drive makes no difference.</summary>
    private static readonly (string Name, bool IsDiscrete, DriveMode Drive)[] Settings =
    [
        ("bmg", true, DriveMode.Inline), ("bmg, queued", true, DriveMode.Queued),
        ("lnl", false, DriveMode.Inline), ("lnl, queued", false, DriveMode.Queued),
    ];

    /// <summary>The cells of all settings.</summary>
    public static TheoryData<string, string, FailurePoint, Errno, string> Cells => [.. Settings.SelectMany(setting =>
        (setting.IsDiscrete ? Discrete : Integrated).Select(row =>
            (setting.Name, row.Data.Item1, row.Data.Item2, row.Data.Item3, row.Data.Item4)))];

    [Theory]
    [MemberData(nameof(Cells))]
    [Rule("HST-039")]
    public void A_place_that_fails_once_ends_as_the_rules_say_and_leaves_nothing_behind(
        string setting, string occasion, FailurePoint point, Errno error, string place)
    {
        using SvmScene scene = Make(setting), twin = Make(setting);
        (Action<SvmScene> before, Func<SvmScene, Errno> act) = Occasions[occasion];
        before(scene);
        before(twin);
        scene.Device.Failures.Arm(point);
        Assert.Equal((error, Errno.Ok), (act(scene), act(twin)));
        // It has come by there.
        Assert.Equal("nothing armed", scene.Device.Failures.ToString());
        Assert.Equal(place, PlaceOf(scene, A + Page));
        Assert.Equal(Later(twin), Later(scene));
    }

    /// <summary>No cell is missing.</summary>
    [Fact]
    public void Other_places_do_not_come_by_on_these_occasions()
    {
        HashSet<(string, string, FailurePoint)> known = [.. Cells.Select(row => (row.Data.Item1, row.Data.Item2, row.Data.Item3))];
        var wrong = new List<string>();
        foreach ((string occasion, (Action<SvmScene> before, Func<SvmScene, Errno> act)) in Occasions)
        {
            foreach ((string setting, FailurePoint point) in Settings.SelectMany(setting => Points.Select(point => (setting.Name, point)))
                .Where(cell => !known.Contains((cell.Name, occasion, cell.point))))
            {
                using SvmScene scene = Make(setting);
                before(scene);
                scene.Device.Failures.Arm(point);
                Errno error = act(scene);
                if (error != Errno.Ok || scene.Device.Failures.ToString() != $"armed: {point}")
                    wrong.Add($"{setting}: {occasion}, {point}: {error}, {scene.Device.Failures}");
                scene.Device.Failures.Disarm();
            }
        }

        Assert.Empty(wrong);
    }

    private static SvmScene Make(string name)
    {
        (_, bool isDiscrete, DriveMode drive) = Settings.Single(setting => setting.Name == name);
        return new SvmScene(isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl, drive: drive);
    }

    private static uint DeviceRegion(SvmScene scene) => scene.Device.Platform.IsDiscrete ? 1u : 0;

    /// <summary>A BO that may be in system memory, too, and is in VRAM where there is any.</summary>
    private static uint BoOf(SvmScene scene) => scene.Bo(Size, placements: scene.Device.Platform.IsDiscrete ? 3u : 1);

    private static Errno BindBo(SvmScene scene) => scene.Bind(VmBindOp.Map, A, Size, bo: BoOf(scene));

    /// <summary>To where it was not, which is system memory.</summary>
    private static Errno Moved(SvmScene scene)
    {
        Errno error = scene.File.MoveBo(scene.File.Bos.Single().Handle, 0);
        return error == Errno.Ok ? scene.Fault(A) : error;
    }

    private static Errno BindUserptr(SvmScene scene)
    {
        scene.Map(Pinned, Size);
        return scene.File.VmBind(scene.Vm.Id, [Userptr(A, Size, Pinned)]);
    }

    private static Errno Repinned(SvmScene scene)
    {
        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(Pinned, Page)));
        return scene.Fault(A, GpuAccessKind.Write);
    }

    private static DrmXeVmBindOp Userptr(ulong at, ulong size, ulong memory) => new()
    {
        Op = VmBindOp.MapUserptr,
        Addr = at,
        Range = size,
        Userptr = memory,
        PatIndex = Coherent,
    };

    private static void Touched(SvmScene scene)
    {
        scene.Map(A, Size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    private static Errno Changed(SvmScene scene)
    {
        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A, Page)));
        return scene.Fault(A);
    }

    private static string PlaceOf(SvmScene scene, ulong address) => scene.Vm.Translate(address) switch
    {
        { IsPresent: false } => "nowhere",
        { IsDeviceMemory: true } => "vram",
        _ => "system",
    };

    /// <summary>What calls of every kind do afterwards, in words.</summary>
    private static string[] Later(SvmScene scene)
    {
        var log = new List<string>();
        void Note(object what) => log.Add($"{what}");
        byte[] read = new byte[8];
        Note(scene.Process.Write(A + Page + 8, [1, 2, 3]));
        Note(scene.Fault(A + Page, GpuAccessKind.Write));
        Note(scene.Vm.TryWrite<byte>(A + Page + 9, 9));
        Note((scene.Process.Read(A + Page + 8, read), Convert.ToHexString(read)));
        Note(scene.Vm.Atomic(A + Page + 8, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out ulong found).Status);
        Note(found);
        Note(scene.Advise(A + Size64K, Size64K, AtomicAccess.Device));
        Note(scene.Bind(VmBindOp.Prefetch, A, Size, region: 1));
        Note(scene.Bind(VmBindOp.Prefetch, A, Size));
        Note((scene.Process.Fork(out ModelProcess? child), child!.Read(A + Page + 8, read), Convert.ToHexString(read)));
        child.Dispose();
        for (ulong at = A; at < A + Size; at += Size64K)
            Note((scene.Fault(at, GpuAccessKind.Write), PlaceOf(scene, at), scene.HasRange(at) ? scene.RangeAt(at).Size : 0));
        Note(string.Join("; ", scene.Vm.GetVmas()));
        Note(BindBo(scene));
        Note(scene.File.VmBind(scene.Vm.Id, [Userptr(Beside, Page, A + Page)]));
        Note((scene.Fault(Beside), scene.Vm.TryRead(Beside + 9, out byte value), value));
        Note(scene.Process.Unmap(AddressRange.OfSize(A, Size)));
        Note((scene.Fault(Beside), scene.Fault(A)));
        Note(BindBo(scene));
        Note((scene.Fault(A), PlaceOf(scene, A)));
        Note(scene.Bind(VmBindOp.Map, 0, scene.Vm.Size, VmBindFlags.CpuAddrMirror));
        Note((scene.Ranges.Count, scene.Ranges.NotifierCount, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Note((scene.Vm.GetMappings().Count, scene.Memory.UsedBytes, string.Join("; ", scene.Vm.GetVmas())));
        return [.. log];
    }
}
