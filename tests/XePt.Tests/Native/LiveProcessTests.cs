using System.Runtime.InteropServices;
using XePt.Native;
using XePt.Uapi;

namespace XePt.Tests.Native;

/// <summary>Clients whose userptrs and mirrors are of this very process: the device reads and writes the bytes that the CPU sees, and
/// learns of changes before they are made.</summary>
public sealed unsafe class LiveProcessTests
{
    private const ulong Va = 0x1_0000_0000, Page = 4096, Size64K = 0x10000, MiB = 1 << 20;

    [Theory]
    [InlineData("tgl")]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [InlineData("pvc-2t")]
    [Rule("UPTR-002")]
    [Rule("UPTR-003")]
    public void A_userptr_leads_to_the_bytes_of_the_process(string platform)
    {
        using var scene = new LiveScene(platform, VmCreateFlags.None);
        byte* memory = scene.Allocate(4 * Page);
        memory[3 * Page] = 9;
        Assert.Equal(0, scene.BindUserptr(Va, memory, 4 * Page));
        Assert.Equal(9u, scene.Read(Va + (3 * Page)));
        scene.Write(Va + Page + 4, 0x12345678);
        Assert.Equal(0x12345678u, *(uint*)(memory + Page + 4));
    }

    [Theory]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [Rule("UPTR-004")]
    [Rule("UPTR-006")]
    public void What_cannot_be_pinned_is_refused_and_leaves_nothing(string platform)
    {
        using var scene = new LiveScene(platform, VmCreateFlags.None);
        byte* memory = scene.Allocate(4 * Page);
        LiveScene.Protect(memory + Page, Page, LibC.ProtRead);
        Assert.Equal(0, LibC.Unmap((nint)(memory + (3 * Page)), (nuint)Page));
        Assert.Equal(Errno.EPERM, scene.ErrorOfUserptr(memory + Page, Page));
        Assert.Equal(Errno.EPERM, scene.ErrorOfUserptr(memory, 2 * Page));
        Assert.Equal(Errno.EFAULT, scene.ErrorOfUserptr(memory + (3 * Page), Page));
        Assert.Equal(Errno.EFAULT, scene.ErrorOfUserptr(memory + (2 * Page), 2 * Page));
        Assert.Equal(Errno.EFAULT, scene.ErrorOfUserptr(scene.MapBo(MiB), MiB));
        Assert.Equal(Errno.EFAULT, scene.ErrorOfUserptr((byte*)-(long)Page, Page));
        Assert.Equal(TranslationStatus.NotPresent, scene.Status(Va));

        Assert.Equal(0, scene.BindUserptr(Va, memory + Page, Page, VmBindFlags.ReadOnly));
        Assert.Equal(0, scene.BindUserptr(Va + MiB, memory, Page));
        scene.Write(Va + MiB, 3);
        Assert.Equal((0u, 3u), (scene.Read(Va), *(uint*)memory));
    }

    [Fact]
    [Rule("UPTR-022")]
    [Rule("UPTR-030")]
    [Rule("HST-006")]
    public void A_userptr_is_let_go_of_before_its_memory_changes()
    {
        using var scene = new LiveScene("lnl", LiveScene.Fault);
        byte* memory = scene.Allocate(4 * Page);
        Assert.Equal(0, scene.BindUserptr(Va, memory, 4 * Page, VmBindFlags.Immediate));
        scene.Write(Va, 1);
        ulong change = LiveScene.Begin(ProcessChange.Discard, memory, 4 * Page), before = scene.Address(Va);
        Assert.Equal(TranslationStatus.NotPresent, scene.Status(Va));
        Assert.Equal(0, LibC.Advise((nint)memory, (nuint)(4 * Page), 4));
        LiveScene.End(change);
        Assert.Equal(0u, scene.Read(Va));
        // A number that was given up is not used again.
        Assert.NotEqual(before, scene.Address(Va));
        scene.Write(Va, 2);
        Assert.Equal(2u, *(uint*)memory);

        change = LiveScene.Begin(ProcessChange.Unmap, memory, 4 * Page);
        Assert.Equal(0, LibC.Unmap((nint)memory, (nuint)(4 * Page)));
        LiveScene.End(change);
        Assert.Equal(Errno.EFAULT, scene.ErrorOfWrite(Va));
    }

    [Theory]
    [InlineData("lnl", 0x10000, false)]
    [InlineData("bmg", 0x10000, true)]
    [InlineData("pvc-2t", 0x10000, true)]
    [InlineData("bmg", 0x200000, true)]
    [Rule("SVM-049")]
    [Rule("SVM-057")]
    [Rule("SVM-074")]
    public void A_mirror_shows_the_memory_of_the_process(string platform, int bytes, bool migrates)
    {
        using var scene = new LiveScene(platform, LiveScene.Fault);
        byte* memory = scene.Allocate((ulong)bytes);
        new Span<byte>(memory, bytes).Fill(0x11);
        Assert.Equal(0, scene.BindMirror());
        Assert.Equal(0x11111111u, scene.Read((ulong)memory + 8));
        Assert.Equal(migrates, scene.IsInDevice((ulong)memory));
        scene.Write((ulong)memory + (ulong)bytes - 4, 5);
        Assert.Equal(5u, *(uint*)(memory + bytes - 4));
        // Wherever the entries lead, there is one copy.
        *(uint*)(memory + bytes - 4) = 6;
        Assert.Equal(16u, scene.Add((ulong)memory + (ulong)bytes - 4, 10, out ulong old));
        Assert.Equal((6ul, 16u), (old, *(uint*)(memory + bytes - 4)));
    }

    [Fact]
    [Rule("FLT-053")]
    [Rule("SVM-186")]
    public void Pages_in_device_memory_keep_their_bytes_when_they_come_and_go()
    {
        using var scene = new LiveScene("bmg", LiveScene.Fault);
        byte* memory = scene.Allocate(Size64K);
        Assert.Equal(0, scene.BindMirror());
        // Never touched by the CPU: the device is first.
        Assert.Equal(3u, scene.Add((ulong)memory, 3, out _));
        Assert.True(scene.IsInDevice((ulong)memory));
        *(uint*)(memory + 4) = 44;
        scene.EvictAll();
        Assert.Equal(TranslationStatus.NotPresent, scene.Status((ulong)memory));
        Assert.Equal((3u, 44u), (scene.Read((ulong)memory), scene.Read((ulong)memory + 4)));
        Assert.Equal(5u, scene.Add((ulong)memory, 2, out _));
        Assert.Equal(5u, *(uint*)memory);
    }

    /// <summary>Pages that lived in it are found by the next.</summary>
    [Fact]
    public void A_device_that_ends_has_no_pages_any_more()
    {
        byte* memory;
        using var other = new LiveScene("bmg", LiveScene.Fault);
        using (var scene = new LiveScene("bmg", LiveScene.Fault))
        {
            memory = other.Allocate(2 * MiB);
            Assert.Equal(0, scene.BindMirror());
            scene.Write((ulong)memory, 1);
            Assert.True(scene.IsInDevice((ulong)memory));
        }

        Assert.Equal(0, other.BindMirror());
        other.Write((ulong)memory + 4, 2);
        Assert.True(other.IsInDevice((ulong)memory));
        Assert.Equal((1u, 2u), (*(uint*)memory, *(uint*)(memory + 4)));
    }

    [Fact]
    [Rule("SVM-144")]
    [Rule("SVM-148")]
    [Rule("SVM-053")]
    [Rule("SVM-101")]
    public void A_mirror_follows_every_change()
    {
        using var scene = new LiveScene("bmg", LiveScene.Fault);
        byte* memory = scene.Allocate(2 * MiB);
        Assert.Equal(0, scene.BindMirror());
        scene.Write((ulong)memory, 1);

        ulong change = LiveScene.Begin(ProcessChange.Protect, memory, 2 * MiB);
        LiveScene.Protect(memory, 2 * MiB, LibC.ProtRead);
        LiveScene.End(change);
        Assert.Equal(Errno.EPERM, scene.ErrorOfWrite((ulong)memory));
        LiveScene.Protect(memory, 2 * MiB, LibC.ProtRead | LibC.ProtWrite);
        Assert.Equal(1u, scene.Read((ulong)memory));

        change = LiveScene.Begin(ProcessChange.Unmap, memory, 2 * MiB);
        Assert.Equal(0, LibC.Unmap((nint)memory, (nuint)(2 * MiB)));
        LiveScene.End(change);
        Assert.Equal(Errno.ENOENT, scene.ErrorOfWrite((ulong)memory));

        byte* again = scene.Allocate(2 * MiB, memory);
        scene.Write((ulong)again, 8);
        Assert.Equal(8u, *(uint*)again);
    }

    [Fact]
    [Rule("SVM-131")]
    public void A_mirror_shows_no_buffer_objects()
    {
        using var scene = new LiveScene("lnl", LiveScene.Fault);
        byte* bo = scene.MapBo(MiB), memory = scene.Allocate(Page);
        Assert.Equal(0, scene.BindMirror());
        Assert.NotEqual(Errno.Ok, scene.ErrorOfWrite((ulong)bo));
        scene.Write((ulong)memory, 4);
        Assert.Equal((0, 4), (bo[0], memory[0]));
    }

    [Fact]
    public void Who_gives_bytes_of_his_own_cannot_mean_this_process()
    {
        DeviceHandle device = Abi.CreateDevice("lnl");
        var options = new ClientOptions
        {
            Size = (uint)sizeof(ClientOptions),
            Flags = (uint)ClientFlags.ProcessMemory,
            Read = &Nothing,
            Write = &NothingWritten,
        };
        ClientHandle client = default;
        delegate* unmanaged<DeviceHandle, ClientOptions*, ClientHandle*, int> open = &ClientExports.Open;
        Assert.Equal((int)Errno.EINVAL, open(device, &options, &client));
        Assert.Equal(0, Abi.Destroy(device));
    }

    [Fact]
    public void Changes_that_mean_nothing_are_refused()
    {
        ulong change = 99;
        delegate* unmanaged<uint, ulong, ulong, ulong*, int> changing = &ProcessExports.Changing;
        delegate* unmanaged<ulong, int> changed = &ProcessExports.Changed;
        Assert.Equal((int)Errno.EFAULT, changing(0, 0, Page, null));
        Assert.Equal((int)Errno.EINVAL, changing(0, 1, Page, &change));
        Assert.Equal((int)Errno.EINVAL, changing(0, Page, 0, &change));
        Assert.Equal((int)Errno.EINVAL, changing(0, 0xffff_ffff_ffff_f000, 2 * Page, &change));
        Assert.Equal((int)Errno.EINVAL, changing(4, 0, Page, &change));
        Assert.Equal(99ul, change);
        Assert.Equal((int)Errno.EINVAL, changed(0));
        Assert.Equal((int)Errno.EINVAL, changed(ulong.MaxValue));
        Assert.Equal(0, changing(0, Page, Page, &change));
        Assert.Equal(0, changed(change));
        Assert.Equal((int)Errno.EINVAL, changed(change));
    }

    [UnmanagedCallersOnly]
    private static int Nothing(void* user, ulong address, void* into, ulong bytes) => -1;

    [UnmanagedCallersOnly]
    private static int NothingWritten(void* user, ulong address, ConstBytes* from, ulong bytes) => -1;
}
