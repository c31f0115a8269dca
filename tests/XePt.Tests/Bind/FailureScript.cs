using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Something to do to a VM that has a mapping of every kind, for tests that make it fail at every possible place.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Run">Does it; the scene is freshly built.</param>
internal sealed record FailureScript(string Name, Func<BindScene, Errno> Run)
{
    private const ulong CpuStart = 0x7000_0000;

    /// <summary>Handles of the BOs the scene makes: 6 MiB each, in device memory where there is some, and in system memory.</summary>
    private const uint Local = 1, System = 2;

    public static IReadOnlyList<FailureScript> All { get; } =
    [
        new("map", scene => scene.Bind(Pat(scene, Op.Map(Local, 5 * A, 6 * MiB)))),
        new("map of scattered pages", scene => scene.Bind(Pat(scene, Op.Userptr(CpuStart + 0x1_0000, 5 * A, 0x1_0000)))),
        new("unmap", scene => scene.Bind(Pat(scene, Op.Unmap(A, 6 * MiB)))),
        new("split", scene => scene.Bind(Pat(scene, Op.Unmap(A + (3 * MiB), MiB)))),
        new("split of a userptr", scene => scene.Bind(Pat(scene, Op.Unmap((3 * A) + 0x8000, 0x1000)))),
        new("overmap", scene => scene.Bind(Pat(scene, Op.Map(System, A - MiB, 6 * MiB)))),
        new("unmap all", scene => scene.Bind(Pat(scene, Op.UnmapAll(System)))),
        new("prefetch", scene => scene.Bind(Pat(scene, Op.Prefetch(2 * A, 0x1000, 0)))),
        new("array", scene => scene.Bind(
            Pat(scene, Op.Unmap(A + MiB, MiB)), Pat(scene, Op.Null(0x10_0000, MiB)), Pat(scene, Op.Map(Local, 2 * A, MiB)),
            Pat(scene, Op.Unmap(2 * A, 0x1_0000)), Pat(scene, Op.UnmapAll(System)), Pat(scene, Op.Map(System, 7 * A, 2 * MiB)))),
        new("with syncs", scene => scene.Bind(
            [Op.UserFence(0x9000, 1), Op.In(scene.File.SyncobjCreate(signalled: true))], Pat(scene, Op.Unmap(A, MiB)))),
    ];

    /// <summary>A VM of the platform with a BO in each memory, a userptr and a NULL mapping, all bound.</summary>
    public static BindScene NewScene(string platform, uint vmFlags = 0)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
        var scene = new BindScene(vmFlags, platform: info);
        Assert.Equal(Local, scene.Bo("L", 6 * MiB, info.IsDiscrete ? 2u : 1u));
        Assert.Equal(System, scene.Bo("S", 6 * MiB, placement: 1));
        scene.File.MapCpuMemory(CpuStart, new PhysicalRun(0x3_0000_0000, 0x1_0000), new PhysicalRun(0x4_0000_0000, 0x1000, 16, 0x2000));
        DrmXeVmBindOp[] ops =
        [
            Op.Map(Local, A, 6 * MiB), Op.Map(System, 2 * A, 6 * MiB), Op.Userptr(CpuStart, 3 * A, 0x1_0000), Op.Null(0, 1ul << 31),
        ];
        foreach (DrmXeVmBindOp op in ops)
            scene.Do(Pat(scene, op));
        return scene;
    }

    public override string ToString() => Name;

    /// <summary>The op with a PAT index that every memory of the platform accepts, and bound now also in a fault VM.</summary>
    private static DrmXeVmBindOp Pat(BindScene scene, DrmXeVmBindOp op) =>
        op with { PatIndex = (ushort)scene.Device.Platform.Pat.IndexWriteBack, Flags = op.Flags | VmBindFlags.Immediate };
}
