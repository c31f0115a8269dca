using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>What is done with ranges, in the driver's words and at the driver's places (STA-013).</summary>
[Collection(nameof(EventCapture))]
public class RangeEventTests
{
    [Fact]
    [Rule("STA-013")]
    public void A_range_from_its_first_fault_to_the_garbage_collector()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        SeenEvent[] seen = Seen(scene, () =>
        {
            Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
            Assert.Equal(Errno.Ok, scene.Fault(A));
            Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A, Size2M)));
        });
        // The first notification is of the driver's own move.
        Assert.Equal(
            ["PAGE FAULT", "ALLOCATE VRAM", "NOTIFIER", "GET PAGES", "PAGE FAULT - BIND", "BIND PREPARE - MIXED", "PRE-COMMIT",
                "PAGE FAULT - VALID", "NOTIFIER", "NOTIFIER - EXECUTE", "GARBAGE COLLECTOR ADD", "GARBAGE COLLECTOR"], Words(seen));
        SeenEvent valid = seen.Single(one => one["operation"] == "PAGE FAULT - VALID");
        Assert.Equal(("True", "True", $"{A}", $"{A + Size2M}", $"{Size2M}", $"{scene.Vm.TlbVm.Asid}"),
            (valid["in_vram"], valid["vram_bound"], valid["start"], valid["end"], valid["size"], valid["asid"]));
        Assert.Equal(("False", "False"), (seen[0]["in_vram"], seen[0]["vram_bound"]));
        Assert.Equal(("True", "False"), (seen[4]["in_vram"], seen[4]["vram_bound"]));
    }

    [Fact]
    [Rule("STA-013")]
    public void Pages_that_change_before_the_bind_is_prepared_or_committed()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        scene.Once(FailurePoint.RangeBind, () => scene.Process.Discard(AddressRange.OfSize(A, Page)));
        Assert.Equal(
            ["PAGE FAULT", "GET PAGES", "PAGE FAULT - BIND", "NOTIFIER", "BIND PREPARE - RETRY", "PAGE FAULT - RETRY BIND",
                "PAGE FAULT", "GET PAGES", "PAGE FAULT - BIND", "BIND PREPARE - MIXED", "PRE-COMMIT"],
            Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Fault(A)))));

        scene.Map(A + Size2M, Size2M);
        scene.Once(FailurePoint.RangeCommit, () => scene.Process.Discard(AddressRange.OfSize(A + Size2M, Page)));
        Assert.Equal(
            ["PAGE FAULT", "GET PAGES", "PAGE FAULT - BIND", "BIND PREPARE - MIXED", "NOTIFIER", "PRE-COMMIT", "PRE-COMMIT - RETRY",
                "PAGE FAULT - RETRY BIND", "PAGE FAULT", "GET PAGES", "PAGE FAULT - BIND", "BIND PREPARE - MIXED", "PRE-COMMIT"],
            Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Fault(A + Size2M)))));
    }

    [Fact]
    [Rule("STA-013")]
    public void Pages_that_do_not_go_together_or_cannot_be_had()
    {
        using var scene = new SvmScene();
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file: -1));
        scene.Device.Failures.Arm(FailurePoint.PageCollection, error: Errno.EOPNOTSUPP);
        scene.Map(A + Size2M, Size2M);
        Assert.Equal(
            ["PAGE FAULT", "GET PAGES", "PAGE FAULT - EVICT PAGES", "PAGE FAULT - RETRY PAGES", "PAGE FAULT", "GET PAGES",
                "PAGE FAULT - BIND", "BIND PREPARE - MIXED", "PRE-COMMIT"],
            Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Fault(A + Size2M)))));

        scene.Device.Failures.Arm(FailurePoint.PageCollection, error: Errno.ENOMEM);
        scene.Map(A + (2 * Size2M), Size2M);
        Assert.Equal(
            ["PAGE FAULT", "GET PAGES", "PAGE FAULT - FAIL PAGE COLLECT"],
            Words(Seen(scene, () => Assert.Equal(Errno.ENOMEM, scene.Fault(A + (2 * Size2M))))));
    }

    [Fact]
    [Rule("STA-013")]
    public void A_prefetch_says_of_each_range_what_became_of_it()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        string[] words = Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 2 * Size2M, region: 1))));
        Assert.Equal(
            ["PREFETCH - RANGE IS VALID", "PREFETCH - RANGE CREATED", "ALLOCATE VRAM", "NOTIFIER", "PREFETCH - RANGE MIGRATED TO VRAM",
                "PREFETCH - RANGE GET PAGES DONE", "BIND PREPARE - MIXED", "PRE-COMMIT"], words);
        words = Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 0))));
        Assert.Equal(
            ["PREFETCH - RANGE CREATED", "NOTIFIER", "NOTIFIER - EXECUTE", "PREFETCH - RANGE GET PAGES DONE", "BIND PREPARE - MIXED",
                "PRE-COMMIT"], words);

        // Pages that change before the last look.
        scene.Once(FailurePoint.RangeCommit, () => scene.Process.Discard(AddressRange.OfSize(A + Size2M, Page)));
        words = Words(Seen(scene, () => Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A + Size2M, Size2M, region: 0))));
        Assert.Equal(["PRE-COMMIT", "PRE-COMMIT - RETRY"], words[^2..]);
    }

    [Fact]
    [Rule("STA-013")]
    public void Ranges_of_a_VM_that_is_closed_are_not_notified()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Mirrors.Close();
        Assert.Empty(Seen(scene, () => scene.Process.Discard(AddressRange.OfSize(A, Page))));
    }

    private static SeenEvent[] Seen(SvmScene scene, Action act) =>
        [.. EventCapture.Of(scene.Device, act).Where(one => one.Name == "xe_svm_range_debug")];

    private static string[] Words(SeenEvent[] seen) => [.. seen.Select(one => one["operation"])];
}
