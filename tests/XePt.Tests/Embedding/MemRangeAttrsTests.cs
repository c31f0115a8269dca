using System.Runtime.InteropServices;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Tests.HostMemory;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Embedding;

/// <summary>VM_QUERY_MEM_RANGE_ATTRS (specification 02 section 19, 04 section 13.6).</summary>
public class MemRangeAttrsTests
{
    [Theory]
    [InlineData(0ul, E, 3)]
    [InlineData(A, 0x1000ul, 1)]
    [InlineData(A - 0x1000, 0x1000ul, 0)]
    [InlineData(A - 1, 2ul, 1)]
    [InlineData(A + 0xfff, 0x1001ul, 2)]
    [InlineData(A + 0x3000, 1ul << 40, 1)]
    [InlineData(E, 0x1000ul, 0)]
    [Rule("BIND-276")]
    [Rule("MADV-061")]
    [Rule("MADV-064")]
    public void Counting_gives_the_number_of_vmas_and_the_size_of_a_record(ulong start, ulong range, uint count)
    {
        using BindScene scene = ThreeVmas();
        var args = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Start = start, Range = range, Extensions = 5 };
        Assert.Equal(Errno.Ok, scene.File.VmQueryMemRangeAttrs(ref args));
        Assert.Equal((count, 64ul), (args.NumMemRanges, args.SizeofMemRangeAttr));
    }

    [Fact]
    [Rule("BIND-277")]
    [Rule("MADV-062")]
    [Rule("MADV-065")]
    public void Filling_gives_whole_vmas_of_every_kind_by_address()
    {
        using BindScene scene = ThreeVmas();
        ref XePt.Gpuva.Vma advised = ref scene.VmaAt(3 * A);
        advised.Attributes.Atomic = AtomicAccess.Device;
        advised.Attributes.PreferredDevice = -1;
        advised.Attributes.MigrationPolicy = 1;
        var found = new DrmXeMemRangeAttr[8];
        DrmXeVmQueryMemRangeAttr args = Fill(scene, A + 0x800, 2 * A, (uint)found.Length);
        Assert.Equal(Errno.Ok, scene.File.VmQueryMemRangeAttrs(ref args, found));
        Assert.Equal(3u, args.NumMemRanges);
        Assert.Equal(
            [(A, A + 0x1000, 1u, AtomicAccess.Undefined, 0u, 0u), (A + 0x1000, A + 0x3000, 2u, AtomicAccess.Undefined, 0u, 0u),
                (3 * A, 4 * A, 2u, AtomicAccess.Device, uint.MaxValue, 1u)],
            found[..3].Select(range => (
                range.Start, range.End, range.PatIndex.Val, range.Atomic.Val, range.PreferredMemLoc.DevmemFd,
                range.PreferredMemLoc.MigrationPolicy)));
        Assert.Equal(0ul, found[3].End);
    }

    [Theory]
    [InlineData(2u, 64ul, 0x1000ul, Errno.ENOSPC, "BIND-277")]
    [InlineData(3u, 64ul, 0ul, Errno.EINVAL, "BIND-275")]
    [InlineData(3u, 63ul, 0x1000ul, Errno.EINVAL, "BIND-275")]
    [InlineData(0u, 64ul, 0ul, Errno.EINVAL, "BIND-275")]
    [InlineData(0u, 0ul, 0x1000ul, Errno.EINVAL, "BIND-275")]
    [Rule("BIND-275")]
    [Rule("BIND-277")]
    [Rule("MADV-060")]
    [Rule("MADV-063")]
    public void A_call_either_counts_or_fills_and_has_room(uint count, ulong size, ulong vector, Errno errno, string rule)
    {
        using BindScene scene = ThreeVmas();
        var found = new DrmXeMemRangeAttr[8];
        DrmXeVmQueryMemRangeAttr args = Fill(scene, 0, E, count) with { SizeofMemRangeAttr = size, VectorOfMemAttr = vector };
        DrmXeVmQueryMemRangeAttr before = args;
        Assert.Equal((errno, rule), (scene.File.VmQueryMemRangeAttrs(ref args, found), scene.File.LastRejection.RuleId));
        Assert.Equal(before.NumMemRanges, args.NumMemRanges);
        Assert.Equal(0ul, found[0].End);
    }

    [Fact]
    [Rule("BIND-013")]
    [Rule("BIND-275")]
    public void An_unknown_vm_is_invalid_after_the_mode_of_the_call()
    {
        using BindScene scene = ThreeVmas();
        var args = new DrmXeVmQueryMemRangeAttr { VmId = 77 };
        Assert.Equal((Errno.EINVAL, "vm_id"), (scene.File.VmQueryMemRangeAttrs(ref args), scene.File.LastRejection.Field));
        args.SizeofMemRangeAttr = 1;
        Assert.Equal((Errno.EINVAL, "sizeof_mem_range_attr"), (scene.File.VmQueryMemRangeAttrs(ref args), scene.File.LastRejection.Field));
    }

    [Fact]
    [Rule("BIND-015")]
    public void A_banned_vm_still_answers()
    {
        using BindScene scene = ThreeVmas();
        scene.Vm.Context.IsBanned = true;
        var args = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Range = E };
        Assert.Equal((Errno.Ok, 3u), (scene.File.VmQueryMemRangeAttrs(ref args), args.NumMemRanges));
    }

    [Fact]
    [Rule("BIND-277")]
    [Rule("MADV-063")]
    public void The_raw_request_writes_records_to_the_client_or_a_bad_address()
    {
        using BindScene scene = ThreeVmas();
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        DrmXeVmQueryMemRangeAttr args = Fill(scene, 0, E, 4) with { VectorOfMemAttr = 0x7000 };
        Assert.Equal(Errno.Ok, Raw());
        var words = new ulong[24];
        scene.File.UserMemory.TryRead(0x7000, MemoryMarshal.AsBytes(words.AsSpan()));
        Assert.Equal((A, 3 * A, 4 * A), (words[1], words[17], words[18]));
        args = args with { NumMemRanges = 4, VectorOfMemAttr = 0xdead_0000 };
        Assert.Equal((Errno.EFAULT, "BIND-277"), (Raw(), scene.File.LastRejection.RuleId));

        Errno Raw() => scene.File.Ioctl(XeIoctl.VmQueryMemRangeAttrs, MemoryMarshal.AsBytes(new Span<DrmXeVmQueryMemRangeAttr>(ref args)));
    }

    [Theory]
    [InlineData(1u, A, 0x1000ul, Errno.ENOMEM)]
    [InlineData(1u, 0ul, E, Errno.ENOMEM)]
    [InlineData(1u, 0ul, 0x1000ul, Errno.ENOMEM)]
    [InlineData(2u, 0ul, E, Errno.ENOBUFS)]
    [InlineData(3u, 0ul, E, Errno.ENOBUFS)]
    [InlineData(uint.MaxValue, 0ul, E, Errno.ENOBUFS)]
    [Rule("BIND-277")]
    [Rule("MADV-063")]
    public void Without_memory_for_the_answer_nothing_is_written(uint count, ulong start, ulong range, Errno errno)
    {
        using var host = new NativeHost();
        using (BindScene scene = ThreeVmas())
        {
            ulong state = scene.Vm.StateHash();
            foreach (bool isInjected in new[] { true, false })
            {
                if (isInjected)
                    scene.Device.Failures.Arm(FailurePoint.Allocation);
                else
                    host.Refuse(1);
                var counted = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Range = E };
                Assert.Equal((Errno.Ok, 3u), (scene.File.VmQueryMemRangeAttrs(ref counted), counted.NumMemRanges));
                var found = new DrmXeMemRangeAttr[4];
                DrmXeVmQueryMemRangeAttr args = Fill(scene, start, range, count);
                Assert.Equal(
                    (errno, "BIND-277"), (scene.File.VmQueryMemRangeAttrs(ref args, found), scene.File.LastRejection.RuleId));
                host.Recover();
                Assert.Equal((count, 64ul, 0ul), (args.NumMemRanges, args.SizeofMemRangeAttr, found[0].End));
                Assert.Equal(state, scene.Vm.StateHash());
                OtherCallsGoOn(scene);
                Assert.Equal(state, scene.Vm.StateHash());
            }
        }

        Assert.Equal(0, host.Live);
    }

    private static void OtherCallsGoOn(BindScene scene)
    {
        var found = new DrmXeMemRangeAttr[3];
        DrmXeVmQueryMemRangeAttr args = Fill(scene, 0, E, 3);
        Assert.Equal((Errno.Ok, A), (scene.File.VmQueryMemRangeAttrs(ref args, found), found[0].Start));
        foreach (AtomicAccess atomic in new[] { AtomicAccess.Device, AtomicAccess.Undefined })
        {
            var advice = new DrmXeMadvise { VmId = scene.Vm.Id, Start = 3 * A, Range = A, Type = MemRangeAttr.Atomic };
            advice.Atomic.Val = atomic;
            Assert.Equal(Errno.Ok, scene.File.Madvise(advice));
        }

        scene.Do(Op.Null(8 * A, 0x1000));
        scene.Do(Op.Unmap(8 * A, 0x1000));
    }

    private static DrmXeVmQueryMemRangeAttr Fill(BindScene scene, ulong start, ulong range, uint count) =>
        new() { VmId = scene.Vm.Id, Start = start, Range = range, NumMemRanges = count, SizeofMemRangeAttr = 64, VectorOfMemAttr = 1 };

    /// <summary>A NULL VMA with PAT index 1, a BO, and a mirror.</summary>
    private static BindScene ThreeVmas()
    {
        var scene = new BindScene();
        scene.Do(Op.Null(A, 0x1000) with { PatIndex = 1 }, Op.Map(scene.Bo("X", 0x2000), A + 0x1000, 0x2000), scene.Mirror(3 * A, A));
        return scene;
    }
}
