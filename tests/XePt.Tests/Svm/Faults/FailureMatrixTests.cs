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

    /// <summary>What happens while a place fails.</summary>
    private static readonly Dictionary<string, (Action<SvmScene> Before, Func<SvmScene, Errno> Act)> Occasions = new()
    {
        ["first touch 4K"] = (scene => scene.Map(A + Page, Size - Page), scene => scene.Fault(A + Page)),
        ["first touch 64K"] = (scene => scene.Map(A, Size64K), scene => scene.Fault(A, GpuAccessKind.Write)),
        ["first touch 2M"] = (scene => scene.Map(A, Size), scene => scene.Fault(A)),
        ["refault"] = (Touched, scene => Changed(scene)),
        ["atomic"] = (scene => scene.Map(A, Size), scene => scene.Fault(A, GpuAccessKind.Atomic)),
        ["prefetch in"] = (scene => scene.Map(A, Size), scene => scene.Bind(VmBindOp.Prefetch, A, Size, region: 1)),
        ["prefetch out"] = (Touched, scene => scene.Bind(VmBindOp.Prefetch, A, Size)),
        ["advice"] = (Touched, scene => scene.Advise(A, Size, AtomicAccess.Global)),
    };

    private static readonly FailurePoint[] Points =
    [
        FailurePoint.BlockAllocation, FailurePoint.Copy, FailurePoint.PageCollection, FailurePoint.RangeBind, FailurePoint.RangeCommit,
        FailurePoint.Prepare, FailurePoint.Run, FailurePoint.TlbSend,
    ];

    /// <summary>Occasion, place, what it ends with, and where the page is afterwards that the GPU was to have in VRAM, or, after a prefetch
    /// out of it, in system memory.</summary>
    public static TheoryData<string, FailurePoint, Errno, string> Cells => new()
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
    };

    [Theory]
    [MemberData(nameof(Cells))]
    [Rule("HST-039")]
    public void A_place_that_fails_once_ends_as_the_rules_say_and_leaves_nothing_behind(
        string occasion, FailurePoint point, Errno error, string place)
    {
        using var scene = new SvmScene(XePlatforms.Bmg);
        using var twin = new SvmScene(XePlatforms.Bmg);
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
        HashSet<(string, FailurePoint)> known = [.. Cells.Select(row => (row.Data.Item1, row.Data.Item2))];
        foreach ((string occasion, (Action<SvmScene> before, Func<SvmScene, Errno> act)) in Occasions)
        {
            foreach (FailurePoint point in Points.Where(point => !known.Contains((occasion, point))))
            {
                using var scene = new SvmScene(XePlatforms.Bmg);
                before(scene);
                scene.Device.Failures.Arm(point);
                Assert.Equal((occasion, point, Errno.Ok), (occasion, point, act(scene)));
                Assert.Equal($"armed: {point}", scene.Device.Failures.ToString());
                scene.Device.Failures.Disarm();
            }
        }
    }

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
        scene.Vm.Write<byte>(A + Page + 9, 9);
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
        Note(scene.Bind(VmBindOp.Map, A, Size, bo: scene.Bo(Size)));
        var userptr = new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr,
            Addr = Beside,
            Range = Page,
            Userptr = A + Page,
            PatIndex = Coherent,
        };
        Note(scene.File.VmBind(scene.Vm.Id, [userptr]));
        Note((scene.Fault(Beside), scene.Vm.Read<byte>(Beside + 9)));
        Note(scene.Process.Unmap(AddressRange.OfSize(A, Size)));
        Note((scene.Fault(Beside), scene.Fault(A)));
        Note(scene.Bind(VmBindOp.Map, A, Size, bo: scene.Bo(Size)));
        Note((scene.Fault(A), PlaceOf(scene, A)));
        Note(scene.Bind(VmBindOp.Map, 0, scene.Vm.Size, VmBindFlags.CpuAddrMirror));
        Note((scene.Ranges.Count, scene.Ranges.NotifierCount, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Note((scene.Vm.GetMappings().Count, scene.Memory.UsedBytes, string.Join("; ", scene.Vm.GetVmas())));
        return [.. log];
    }
}
