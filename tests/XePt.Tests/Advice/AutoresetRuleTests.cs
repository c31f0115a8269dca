using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Advice.AdviceScene;

namespace XePt.Tests.Advice;

/// <summary>What becomes of attributes when the memory goes (specification 04 chapter 7, SVM-170 to SVM-179).</summary>
public class AutoresetRuleTests
{
    [Fact]
    [Rule("SVM-171")]
    [Rule("SVM-174")]
    [Rule("SVM-176")]
    public void A_default_mirror_joins_its_default_neighbours_one_on_each_side()
    {
        using AdviceScene scene = Scene();
        // Five pieces that advice has cut and made equal again; what is beyond them has attributes of its own.
        foreach (ulong at in (ulong[])[2, 4, 6, 8])
            Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + (at * M), 2 * M, 1)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + (2 * M), 8 * M, 0)));
        Assert.Equal("- 2 4 6 8 10", scene.Borders);
        Use(scene, A + (6 * M));
        scene.Process.Unmap(AddressRange.OfSize(A + (6 * M), 4096));
        Assert.Equal("- 2 4 10", scene.Borders);
    }

    /// <summary>A mirror that begins one page behind counts as a neighbour (Q7); what is in between stays unless it is nothing.</summary>
    [Fact]
    [Rule("SVM-130")]
    public void A_mirror_one_page_away_is_joined_over_a_hole_and_not_over_another_kind()
    {
        using var scene = new XePt.Tests.Svm.SvmScene();
        ulong page = A + (2 * M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, page, 4096, VmBindFlags.Null | VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 2 * M, VmBindFlags.CpuAddrMirror));
        Assert.Equal([0ul, page, page + 4096], scene.Vm.GetVmas().Select(vma => vma.Range.Start));
        Assert.Equal(TranslationStatus.Null, scene.Vm.Translate(page).Status);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, page, 4096));
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(page).Status);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 2 * M, VmBindFlags.CpuAddrMirror));
        Assert.Equal(scene.Vm.Size, Assert.Single(scene.Vm.GetVmas()).Range.Size);
    }

    /// <summary>The same when a reset looks for neighbours.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("SVM-174")]
    public void A_reset_joins_a_mirror_one_page_away_over_a_hole_and_not_over_another_kind(bool isHole)
    {
        using AdviceScene scene = Scene();
        ulong page = A + (2 * M);
        Assert.Equal(Errno.Ok, scene.Bind(
            new() { Op = VmBindOp.Map, Addr = page, Range = 4096, Flags = VmBindFlags.Null | VmBindFlags.Immediate }));
        if (isHole)
            Assert.Equal(Errno.Ok, scene.Bind(new() { Op = VmBindOp.Unmap, Addr = page, Range = 4096 }));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
        Use(scene, A);
        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        ulong[] starts = isHole ? [0] : [0, page, page + 4096];
        Assert.Equal(starts, scene.Attributes.Select(vma => vma.Start));
        Assert.Equal(isHole ? TranslationStatus.NotPresent : TranslationStatus.Null, scene.Vm.Translate(page).Status);
    }

    [Fact]
    [Rule("SVM-175")]
    public void A_default_mirror_without_default_neighbours_stays_and_faults_go_on()
    {
        using AdviceScene scene = Scene(DriveMode.Queued);
        Use(scene, A);
        Use(scene, A + (8 * M));
        string before = string.Join(", ", scene.Attributes);
        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        scene.Process.Discard(AddressRange.OfSize(A + (8 * M), 4096));
        long faults = scene.Count(GtCounter.SvmPagefaultCount);
        Assert.Equal(Errno.Ok, scene.Fault(A + (8 * M)));
        Assert.Equal((faults + 1, false), (scene.Count(GtCounter.SvmPagefaultCount), scene.HasRange(A)));
        Assert.Equal(before, string.Join(", ", scene.Attributes));
    }

    /// <summary>The mirror is the range, or is larger than it.</summary>
    [Theory]
    [InlineData(0, 2, "-", 0)]
    [InlineData(0, 8, "- 0 2 4 8", 2)]
    [InlineData(2, 4, "- 4 6", 2)]
    [Rule("SVM-172")]
    [Rule("SVM-173")]
    [Rule("SVM-174")]
    [Rule("SVM-176")]
    public void What_is_unmapped_is_default_again_and_the_rest_keeps_its_attributes(ulong from, ulong size, string borders, ulong use)
    {
        using AdviceScene scene = Scene();
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A + (from * M), size * M, AtomicAccess.Device)));
        Use(scene, A + (use * M));
        scene.Process.Unmap(AddressRange.OfSize(A + (use * M), 2 * M));
        Assert.Equal(borders, scene.Borders);
        Assert.Equal(AtomicAccess.Undefined, scene.VmaAt(A + (use * M)).Attributes.Atomic);
        for (ulong at = from; at < from + size; at += 2)
        {
            bool isReset = at == use;
            Assert.Equal(isReset, scene.VmaAt(A + (at * M)).Attributes.Atomic == AtomicAccess.Undefined);
            Assert.Equal(isReset, scene.VmaAt(A + (at * M)).Attributes.AreDefault);
        }
    }

    [Fact]
    [Rule("SVM-178")]
    public void A_single_page_that_goes_resets_all_of_its_range()
    {
        using AdviceScene scene = Scene();
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 4 * M, AtomicAccess.Device)));
        Use(scene, A);
        scene.Process.Unmap(AddressRange.OfSize(A + M, 4096));
        Assert.Equal(("- 2 4", AtomicAccess.Undefined), (scene.Borders, scene.VmaAt(A).Attributes.Atomic));
    }

    /// <summary>The new mirror is like the last of those that it replaces, whichever was reset.</summary>
    [Fact]
    [Rule("SVM-176")]
    public void Flags_and_default_pat_are_those_of_the_highest_one()
    {
        using AdviceScene scene = Scene(mirrors: false);
        scene.Mirror(VmBindFlags.MadviseAutoreset | VmBindFlags.ReadOnly, pat: 1, start: 0, size: A);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(0, A, AtomicAccess.Device)));
        scene.Mirror(VmBindFlags.MadviseAutoreset | VmBindFlags.Dumpable, pat: 3, start: A, size: 4 * M);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 4 * M, AtomicAccess.Device)));
        scene.Mirror(VmBindFlags.MadviseAutoreset, pat: 0, start: A + (4 * M), size: All - A - (4 * M));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(0, A + (4 * M), AtomicAccess.Undefined)));
        Assert.Equal("- 0 4", scene.Borders);
        Use(scene, A);
        scene.Process.Unmap(AddressRange.OfSize(A, 4096));
        Vma now = scene.VmaAt(A);
        Assert.Equal((0ul, All), (now.Start, now.End));
        Assert.Equal(VmaFlags.Autoreset | VmaFlags.Mirror, now.Flags & VmaFlags.CreateMask);
        Assert.Equal((0, 0, true), (now.Attributes.Pat, now.Attributes.DefaultPat, now.Attributes.AreDefault));
    }

    /// <summary>The collector cannot replace the mirror for want of memory.</summary>
    [Fact]
    [Rule("SVM-177")]
    public void A_mirror_that_cannot_be_replaced_bans_the_vm()
    {
        for (int allocation = 0; ; allocation++)
        {
            using AdviceScene scene = Scene(DriveMode.Queued);
            Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 64 * M, AtomicAccess.Device)));
            scene.Touch(A + (2 * M), 2 * M);
            // A range without entries, for the unbind of which no memory is wanted.
            scene.Device.Failures.Arm(FailurePoint.RangeBind);
            Assert.Equal(Errno.ENOMEM, scene.Fault(A + (2 * M)));
            scene.Process.Unmap(AddressRange.OfSize(A + (2 * M), 2 * M));
            string before = string.Join(", ", scene.Attributes);
            scene.Device.Failures.Disarm();
            scene.Device.Failures.Arm(FailurePoint.Allocation, allocation);
            Errno error = Collect(scene);
            scene.Device.Failures.Disarm();
            if (error == Errno.EAGAIN)
            {
                Assert.Equal((true, "- 0 2 4 64"), (allocation > 0, scene.Borders));
                return;
            }

            Assert.Equal((Errno.ENOMEM, true), (error, scene.Vm.Context.IsBanned));
            Assert.Equal(before, string.Join(", ", scene.Attributes));
        }
    }

    /// <summary>A mirror whose PAT is not 0 forgets that when it is reset as a whole, and is itself not default then (Q5).</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(0, 0)]
    [Rule("VEC-08")]
    [Rule("SVM-172")]
    public void A_reset_that_forgets_the_default_pat_warns(int pat, ulong warnings)
    {
        using AdviceScene scene = Scene(mirrors: false);
        scene.Mirror(VmBindFlags.MadviseAutoreset, (ushort)pat);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
        Use(scene, A);
        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        Assert.Equal(("-", warnings), (scene.Borders, (ulong)scene.Vm.Context.Counters.Warnings));
        // What is left is like the neighbour above.
        Assert.Equal((pat, pat), (scene.VmaAt(A).Attributes.Pat, scene.VmaAt(A).Attributes.DefaultPat));
    }

    [Fact]
    [Rule("VEC-08")]
    public void Without_a_neighbour_above_the_pat_is_0_in_the_end()
    {
        using AdviceScene scene = Scene(mirrors: false);
        scene.Mirror(VmBindFlags.MadviseAutoreset, pat: 2, start: A, size: 2 * M);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
        Use(scene, A);
        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        Assert.Equal((0, 0, 1), (scene.VmaAt(A).Attributes.Pat, scene.VmaAt(A).Attributes.DefaultPat, scene.Attributes.Length));
    }

    private static Errno Collect(AdviceScene scene) => MadeUpCall.Run(scene.Vm, ((MirrorSpace)scene.Vm.Context.Mirrors!).Garbage.Run);

    /// <summary>Memory of 2 MiB that the GPU has touched.</summary>
    private static void Use(AdviceScene scene, ulong at)
    {
        scene.Touch(at, 2 * M);
        Assert.Equal(Errno.Ok, scene.Fault(at));
        Assert.Equal(2 * M, scene.RangeAt(at).Size);
    }

    private static AdviceScene Scene(DriveMode drive = DriveMode.Inline, bool mirrors = true)
    {
        var scene = new AdviceScene(drive: drive);
        if (mirrors)
            scene.Mirror(VmBindFlags.MadviseAutoreset, pat: 0);
        return scene;
    }
}
