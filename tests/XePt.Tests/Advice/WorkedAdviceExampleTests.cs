using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Uapi;
using static XePt.Tests.Advice.AdviceScene;

namespace XePt.Tests.Advice;

/// <summary>The worked examples EX-16, EX-17, EX-21 and EX-22 of specification 04 chapter 18.</summary>
public class WorkedAdviceExampleTests
{
    [Theory]
    [InlineData(true, true, "-")]
    [InlineData(false, true, "- 0 2")]
    [InlineData(true, false, "- 0 2")]
    [Rule("SVM-026")]
    [Rule("SVM-170")]
    [Rule("SVM-179")]
    public void Ex_16_autoreset(bool isTouched, bool resets, string borders)
    {
        using var scene = new AdviceScene();
        scene.Mirror(resets ? VmBindFlags.MadviseAutoreset : 0);
        scene.Touch(A, 2 * M);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
        Assert.Equal("- 0 2", scene.Borders);
        if (isTouched)
        {
            Assert.Equal(Errno.Ok, scene.Fault(A));
            Assert.Equal(2 * M, scene.RangeAt(A).Size);
        }

        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        scene.Device.Pump();
        Assert.Equal(borders, scene.Borders);
        Assert.False(scene.HasRange(A));
        Assert.Equal(borders == "-" ? AtomicAccess.Undefined : AtomicAccess.Device, scene.VmaAt(A).Attributes.Atomic);
        // The attributes that remain are those of the neighbour above, its default PAT included.
        Assert.All(scene.Attributes, attr => Assert.Equal(2u, attr.PatIndex.Val));
    }

    [Fact]
    public void Ex_16_when_a_fault_collects_it_looks_for_its_vma_again()
    {
        using var scene = new AdviceScene(drive: DriveMode.Queued);
        scene.Mirror(VmBindFlags.MadviseAutoreset);
        scene.Touch(A, 2 * M);
        scene.Touch(A + 4 * M, 2 * M);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, 2 * M, AtomicAccess.Device)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, 2 * M));
        Assert.True(scene.HasRange(A));
        long before = scene.Count(GtCounter.SvmPagefaultCount);
        Assert.Equal(Errno.Ok, scene.Fault(A + 4 * M));
        Assert.Equal(before + 2, scene.Count(GtCounter.SvmPagefaultCount));
        Assert.Equal(("-", false), (scene.Borders, scene.HasRange(A)));
    }

    [Fact]
    [Rule("MADV-030")]
    [Rule("MADV-033")]
    [Rule("MADV-051")]
    [Rule("MADV-053")]
    [Rule("MADV-055")]
    [Rule("MADV-056")]
    public void Ex_17_advice_cuts_through_ranges()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 4 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Fault(A + 2 * M));
        Assert.True(scene.RangeAt(A).Has(SvmRangeFlags.HasDevicePages));
        long copied = scene.Count(GtCounter.SvmCpuCopyKb);

        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A + M, 3 * M, AtomicAccess.Device)));
        Assert.Equal("- 1 4", scene.Borders);
        Assert.False(scene.HasRange(A));
        Assert.Equal(copied + 2048, scene.Count(GtCounter.SvmCpuCopyKb));
        SvmRange stays = scene.RangeAt(A + 2 * M);
        Assert.Equal((1, 1), (stays.TilePresent, stays.TileInvalidated));
        Assert.True(stays.Has(SvmRangeFlags.HasDevicePages));
        Assert.Equal((A + M, A + 4 * M), scene.Flushes[^1]);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A + 2 * M).Status);

        long migrations = scene.Count(GtCounter.Svm2MMigrateCount);
        Assert.Equal(Errno.Ok, scene.Fault(A + 2 * M));
        Assert.Equal(migrations, scene.Count(GtCounter.Svm2MMigrateCount));
        Assert.Equal(0, scene.RangeAt(A + 2 * M).TileInvalidated);
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A + 2 * M).Status);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(64UL << 10, scene.RangeAt(A).Size);

        ulong state = scene.Vm.StateHash();
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A + M, 3 * M, AtomicAccess.Device)));
        Assert.Empty(scene.Flushes);
        Assert.Equal(state, scene.Vm.StateHash());
    }

    [Fact]
    [Rule("MADV-043")]
    [Rule("MADV-023")]
    [Rule("MADV-054")]
    [Rule("PT-040")]
    public void Ex_21_another_pat_on_a_resident_range()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 2 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        ulong raw = scene.Vm.Translate(A).Entry;
        long invalidations = scene.Count(GtCounter.SvmTlbInvalCount), migrations = scene.Count(GtCounter.Svm2MMigrateCount);
        long copied = scene.Count(GtCounter.SvmDeviceCopyKb);

        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A, 2 * M, 1)));
        Assert.Equal("- 0 2", scene.Borders);
        Assert.Equal([(A, A + 2 * M)], scene.Flushes);
        Assert.Equal(invalidations, scene.Count(GtCounter.SvmTlbInvalCount));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((migrations, copied), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.NotEqual(raw, scene.Vm.Translate(A).Entry);
        Assert.Equal((1, 2), (scene.VmaAt(A).Attributes.Pat, scene.VmaAt(A).Attributes.DefaultPat));
        Assert.Equal(1u, scene.Attributes[1].PatIndex.Val);
    }

    [Fact]
    [Rule("SVM-086")]
    [Rule("BIND-142")]
    public void Ex_22_system_memory_preferred_on_a_resident_range()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 2 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        ulong address = scene.Vm.Translate(A).Address;

        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 2 * M, -1)));
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(address, scene.Vm.Translate(A).Address);

        Assert.Equal(Errno.Ok, scene.Bind(new()
        {
            Op = VmBindOp.Prefetch,
            Addr = A,
            Range = 2 * M,
            PrefetchMemRegionInstance = unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc),
        }));
        Assert.False(scene.RangeAt(A).Has(SvmRangeFlags.HasDevicePages));
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A).Status);
        Assert.NotEqual(address, scene.Vm.Translate(A).Address);
    }

    [Fact]
    public void Ex_22_after_a_touch_of_the_cpu_the_memory_stays_where_it_is()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 2 * M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 2 * M, -1)));
        scene.Process.Touch(AddressRange.OfSize(A, 2 * M), write: false);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.False(scene.RangeAt(A).Has(SvmRangeFlags.HasDevicePages));
    }
}
