using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>User fences of binds that complete later (specification 02 section 15).</summary>
public class UserFenceTests
{
    private const ulong Word = 0x5000;

    [Fact]
    [Rule("BIND-250")]
    [Rule("RN-044")]
    public void The_value_is_written_when_the_bind_completes()
    {
        using var scene = new AsyncScene();
        (uint handle, Fence fence) = scene.Pending();
        scene.Do([In(handle), UserFence(Word, 7)], Null(A, Page));
        Assert.Equal(0ul, scene.Memory.ReadUInt64(Word));
        fence.TrySignal();
        Assert.Equal(7ul, scene.Memory.ReadUInt64(Word));
    }

    [Fact]
    [Rule("BIND-250")]
    public void Values_of_one_queue_are_written_in_order()
    {
        using var scene = new AsyncScene(vmFlags: 6);
        (uint handle, Fence fence) = scene.Pending();
        scene.Do([In(handle), UserFence(Word, 1)], Null(A, Page) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate });
        // Nothing is submitted here, so nothing of the bind itself is pending; the value waits for the earlier one all the same.
        scene.Do([UserFence(Word, 2)], Null(A + Leaf, Page));
        Assert.Equal(0ul, scene.Memory.ReadUInt64(Word));
        fence.TrySignal();
        Assert.Equal(2ul, scene.Memory.ReadUInt64(Word));
    }

    [Fact]
    [Rule("BIND-195")]
    [Rule("BIND-253")]
    public void A_mapping_cannot_be_cut_before_its_user_fence_is_written()
    {
        using var scene = new AsyncScene();
        (uint handle, Fence fence) = scene.Pending();
        scene.Do([In(handle), UserFence(Word, 1)], Null(A, 4 * Page));
        Assert.Equal((Errno.EBUSY, "BIND-195"), (scene.Bind([], Unmap(A, Page)), scene.File.LastRejection.RuleId));
        fence.TrySignal();
        scene.Do(Unmap(A, Page));
    }

    [Fact]
    [Rule("BIND-251")]
    public void Nothing_is_written_for_a_client_that_is_gone()
    {
        using var device = new XeDevice(XePt.Devices.XePlatforms.Bmg);
        var memory = new SparseUserMemory();
        Fence fence = device.CreateFence("test");
        using (XeFile file = device.OpenFile())
        {
            file.UserMemory = memory;
            var create = new DrmXeVmCreate();
            Assert.Equal(Errno.Ok, file.VmCreate(ref create));
            uint handle = file.SyncobjCreate();
            file.FindSyncobj(handle)!.Replace(fence);
            var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, Bind = Null(A, Page), NumSyncs = 2 };
            Assert.Equal(Errno.Ok, file.VmBind(bind, syncs: [In(handle), UserFence(Word, 1)]));
        }

        fence.TrySignal();
        Assert.Equal(0ul, memory.ReadUInt64(Word));
    }
}
