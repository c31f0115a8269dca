using XePt.Fences;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 8: sync entries of VM_BIND.</summary>
public class SyncRuleTests
{
    /// <summary>What each kind of entry gives in a dma-fence and in a long-running VM. Handle 1 holds a fence, 2 holds none, 3 is a
    /// timeline whose newest point is 5.</summary>
    private static readonly (DrmXeSync Sync, Errno Plain, Errno LongRunning, string? Rule)[] Rows =
    [
        (Op.In(1), Errno.Ok, Errno.Ok, null),
        (Op.Out(2), Errno.Ok, Errno.EOPNOTSUPP, "BIND-113"),
        (Op.OutPoint(3, 9), Errno.Ok, Errno.EOPNOTSUPP, "BIND-113"),
        (Op.InPoint(3, 5), Errno.Ok, Errno.Ok, null),
        (Op.UserFence(0x1000, 0), Errno.Ok, Errno.Ok, null),
        (Op.In(1) with { Flags = (SyncFlags)2 }, Errno.EINVAL, Errno.EINVAL, "BIND-112"),
        (Op.In(1) with { Addr = (1ul << 32) | 1 }, Errno.EINVAL, Errno.EINVAL, "BIND-114"),
        (Op.InPoint(3, 0), Errno.EINVAL, Errno.EINVAL, "BIND-115"),
        (Op.In(9), Errno.ENOENT, Errno.ENOENT, "BIND-116"),
        (Op.InPoint(9, 1), Errno.ENOENT, Errno.ENOENT, "BIND-116"),
        (Op.In(2), Errno.EINVAL, Errno.EINVAL, "BIND-117"),
        (Op.InPoint(2, 1), Errno.EINVAL, Errno.EINVAL, "BIND-117"),
        (Op.InPoint(1, 1), Errno.EINVAL, Errno.EINVAL, "BIND-118"),
        (Op.InPoint(3, 6), Errno.EINVAL, Errno.EINVAL, "BIND-118"),
        (Op.UserFence(0x1000, 1) with { Flags = 0 }, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP, "BIND-120"),
        (Op.UserFence(0x1004, 1), Errno.EINVAL, Errno.EINVAL, "BIND-121"),
        (Op.UserFence(0xdead_0000, 1), Errno.EFAULT, Errno.EFAULT, "BIND-122"),
        (Op.In(1) with { Type = (SyncType)3 }, Errno.EINVAL, Errno.EINVAL, "BIND-123"),
    ];

    public static TheoryData<int, uint> Cases => new(
        Enumerable.Range(0, Rows.Length).SelectMany(row => new uint[] { 0, 2, 6 }, (row, vmFlags) => (row, vmFlags)));

    [Theory]
    [MemberData(nameof(Cases))]
    [Rule("BIND-112")]
    [Rule("BIND-113")]
    [Rule("BIND-114")]
    [Rule("BIND-115")]
    [Rule("BIND-116")]
    [Rule("BIND-117")]
    [Rule("BIND-118")]
    [Rule("BIND-120")]
    [Rule("BIND-121")]
    [Rule("BIND-122")]
    [Rule("BIND-123")]
    [Rule("BIND-125")]
    public void An_entry_is_judged_by_itself_and_by_the_vm(int row, uint vmFlags)
    {
        using BindScene scene = Scene(vmFlags);
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        (DrmXeSync sync, Errno plain, Errno longRunning, string? rule) = Rows[row];
        Errno expected = vmFlags == 0 ? plain : longRunning;
        Errno errno = scene.Bind([sync], Op.Null(A, 0x1000, VmBindFlags.Immediate));
        Assert.Equal(
            (sync.ToString(), expected, expected == Errno.Ok ? null : rule), (sync.ToString(), errno, scene.File.LastRejection.RuleId));
        Assert.Equal(expected == Errno.Ok ? 1 : 0, scene.Vm.VmaCount);
    }

    [Fact]
    [Rule("BIND-112")]
    public void Reserved_words_of_an_entry_must_be_zero()
    {
        using BindScene scene = Scene(0);
        DrmXeSync sync = Op.In(1);
        sync.Reserved[1] = 1;
        scene.Refuses(Errno.EINVAL, "BIND-112", [sync], Op.Null(A, 0x1000));
    }

    [Fact]
    [Rule("BIND-111")]
    public void Entries_that_cannot_be_read()
    {
        using BindScene scene = Scene(0);
        var bind = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, Bind = Op.Null(A, 0x1000), NumSyncs = 2, Syncs = 0xbad0 };
        Assert.Equal(Errno.EFAULT, scene.File.VmBind(bind, syncs: [Op.In(1)]));
        Assert.Equal(("BIND-111", 0xbad0ul), (scene.File.LastRejection.RuleId, scene.File.LastRejection.Value));
        Assert.Equal(0, scene.Vm.VmaCount);
    }

    [Fact]
    [Rule("BIND-119")]
    public void A_call_without_ops_takes_no_user_fence_but_other_syncs()
    {
        using BindScene scene = Scene(0);
        scene.Refuses(Errno.EOPNOTSUPP, "BIND-119", [Op.UserFence(0x1000, 1)]);
        scene.Do([Op.Out(2)]);
        Assert.True(scene.File.SyncobjHasFence(2));
    }

    [Fact]
    [Rule("BIND-124")]
    public void Two_user_fences_are_refused_after_every_entry_was_looked_at()
    {
        using BindScene scene = Scene(0);
        DrmXeSync first = Op.UserFence(0x1000, 1), second = Op.UserFence(0x2000, 1);
        scene.Refuses(Errno.EINVAL, "BIND-124", [first, second], Op.Null(A, 0x1000));
        scene.Refuses(Errno.ENOENT, "BIND-116", [first, second, Op.In(9)], Op.Null(A, 0x1000));
        Assert.Equal(0, scene.Vm.Context.UserFences.Count);
    }

    [Fact]
    [Rule("BIND-111")]
    public void The_first_error_in_array_order_stops()
    {
        using BindScene scene = Scene(0);
        scene.Refuses(Errno.EINVAL, "BIND-117", [Op.In(1), Op.In(2), Op.In(9)], Op.Null(A, 0x1000));
        scene.Refuses(Errno.ENOENT, "BIND-116", [Op.In(1), Op.In(9), Op.In(2)], Op.Null(A, 0x1000));
    }

    [Fact]
    [Rule("BIND-127")]
    public void Only_a_point_that_was_passed_leaves_no_fence_to_wait_for()
    {
        using BindScene scene = Scene(6);
        Assert.Equal(Errno.Ok, scene.File.SyncobjAttach(3, Fence.Signalled, point: 8));
        foreach (ulong passed in new ulong[] { 1, 5 })
        {
            scene.Do([Op.InPoint(3, passed)], scene.Mirror(0, 0x1000));
            scene.AssertNothingWasSubmitted();
        }

        // The newest link stands for all points above its previous one, signalled or not, and so does a binary fence for itself.
        foreach (DrmXeSync held in new[] { Op.InPoint(3, 6), Op.InPoint(3, 8), Op.In(1) })
        {
            Assert.Equal((Errno.EOPNOTSUPP, "BIND-212"), (scene.Bind([held], scene.Mirror(0, 0x1000)), scene.File.LastRejection.RuleId));
            scene.Do(scene.Mirror(0, 0x1000));
        }
    }

    /// <summary>Point 4 is pending below a signalled point 9: a link that is found pending stands for the points above its own previous
    /// one.</summary>
    [Fact]
    [Rule("BIND-127")]
    public void A_point_in_a_gap_is_held_by_the_pending_link_above_it()
    {
        using BindScene scene = Scene(6);
        uint timeline = scene.File.SyncobjCreate();
        Fence pending = scene.Device.CreateFence("point");
        (ulong Point, Fence Fence)[] points = [(2, Fence.Signalled), (4, pending), (9, Fence.Signalled)];
        foreach ((ulong point, Fence fence) in points)
            Assert.Equal(Errno.Ok, scene.File.SyncobjAttach(timeline, fence, point));
        scene.Do([Op.InPoint(timeline, 2)], scene.Mirror(0, 0x1000));
        foreach (ulong held in new ulong[] { 3, 4, 5, 9 })
            Assert.Equal((held, Errno.EOPNOTSUPP), (held, scene.Bind([Op.InPoint(timeline, held)], scene.Mirror(0, 0x1000))));

        // Signalled, it is stepped over by the search, which then runs off the end.
        Assert.True(pending.TrySignal());
        foreach (ulong passed in new ulong[] { 3, 4 })
            scene.Do([Op.InPoint(timeline, passed)], scene.Mirror(0, 0x1000));
        Assert.Equal(Errno.EOPNOTSUPP, scene.Bind([Op.InPoint(timeline, 5)], scene.Mirror(0, 0x1000)));
    }

    [Fact]
    [Rule("BIND-125")]
    public void The_value_of_a_user_fence_may_be_zero()
    {
        using BindScene scene = Scene(0);
        scene.Do([Op.UserFence(0x1000, 5)], Op.Null(A, 0x1000));
        scene.Do([Op.UserFence(0x1000, 0)], Op.Null(A, 0x1000));
        Assert.Equal(0ul, scene.UserMemory.ReadUInt64(0x1000));
    }

    private static BindScene Scene(uint vmFlags)
    {
        var scene = new BindScene(vmFlags);
        Assert.Equal([1u, 2u, 3u], [scene.File.SyncobjCreate(signalled: true), scene.File.SyncobjCreate(), scene.File.SyncobjCreate()]);
        // Only a dma-fence VM may signal the timeline.
        XeVm plain = scene.CreateVm(0);
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBind { VmId = plain.Id }, [Op.OutPoint(3, 5)], Op.Null(A, 0x1000)));
        return scene;
    }

    /// <summary>Another thread may end a handle in the middle of a call, and make it name another object.</summary>
    [Fact]
    [Rule("BIND-057")]
    public void An_out_sync_is_the_object_that_its_handle_named_when_it_was_parsed()
    {
        using var scene = new BindScene(0);
        IUserMemory memory = scene.File.UserMemory;
        uint handle = scene.File.SyncobjCreate();
        SyncObject named = scene.File.FindSyncobj(handle)!;
        scene.File.UserMemory = new ReplacingMemory(scene.File, memory, handle);
        Assert.Equal(Errno.Ok, scene.Bind([Op.Out(handle), Op.UserFence(0x1000, 7)], Op.Null(A, 0x1000)));
        Assert.True(named.HasFence);
        Assert.NotSame(named, scene.File.FindSyncobj(handle));
        Assert.False(scene.File.FindSyncobj(handle)!.HasFence);

        // And of the call nothing is left that the next one would signal.
        scene.File.UserMemory = memory;
        named.Reset();
        Assert.Equal(Errno.Ok, scene.Bind([Op.Out(handle)], Op.Unmap(A, 0x1000)));
        Assert.Equal((false, true), (named.HasFence, scene.File.FindSyncobj(handle)!.HasFence));
    }

    /// <summary>Ends a handle, and takes its number for a new object, when a user fence is looked at.</summary>
    private sealed class ReplacingMemory(XeFile file, IUserMemory inner, uint handle) : IUserMemory
    {
        public bool TryRead(ulong address, Span<byte> into)
        {
            Assert.Equal(Errno.Ok, file.SyncobjDestroy(handle));
            Assert.Equal(handle, file.SyncobjCreate());
            return inner.TryRead(address, into);
        }

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => inner.TryWrite(address, from);
    }
}
