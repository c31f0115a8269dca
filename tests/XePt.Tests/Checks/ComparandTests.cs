using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Checks;

/// <summary>A refusal that compares says with what: the value of the field alone does not show what would have been accepted.</summary>
public partial class ComparandTests
{
    /// <summary>Of two causes, of a mirror that may not be there and of many objects none is the one.</summary>
    private static readonly string[] s_without =
    [
        nameof(Refusals.PrimeBoIsBusy), nameof(Refusals.RangeIsOutsideMirror),
        nameof(Refusals.SyncobjHasNothingToWaitFor),
    ];

    [Fact]
    public void Every_sentence_that_compares_has_a_number_or_a_comparand()
    {
        IEnumerable<(string Where, string Because, string? ComparedWith)> rows =
            from type in typeof(CheckCatalog).Assembly.GetTypes()
            from row in type.GetCustomAttributes<CheckAttribute>()
            select ($"{type.Name} {row.Order}", row.Because, row.ComparedWith);
        IEnumerable<(string Where, string Because, string? ComparedWith)> refusals =
            from method in typeof(Refusals).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            from row in method.GetCustomAttributes<RefusalAttribute>()
            where !s_without.Contains(method.Name)
            select (method.Name, row.Because, row.ComparedWith);
        Assert.DoesNotContain(rows.Concat(refusals), row => row.ComparedWith is null && Comparison().IsMatch(row.Because));
    }

    [Fact]
    [Rule("BIND-095")]
    [Rule("BIND-047")]
    [Rule("BIND-069")]
    [Rule("BIND-086")]
    public void A_refused_op_names_what_it_exceeds()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 2 * MiB);
        Refuses(Op.Map(x, A, 4 * MiB), "range", "size of the BO", 2 * MiB);
        Refuses(Op.Map(x, A, MiB, offset: MiB + 0x1000), "obj_offset", "size of the BO", 2 * MiB);
        Refuses(Op.Unmap(A, 2 * E), "range", "size of the VM", E);
        Refuses(Op.Unmap(E - 0x1000, 0x2000), "addr", "size of the VM", E);
        ulong entries = (ulong)scene.Device.Platform.Pat.Entries.Length;
        Refuses(Op.Null(A, 0x1000) with { PatIndex = 99 }, "pat_index", "entries of the table", entries);
        DrmXeVmBindOp prefetch = new() { Op = VmBindOp.Prefetch, Addr = A, Range = 0x1000, PrefetchMemRegionInstance = 5 };
        Refuses(prefetch, "prefetch_mem_region_instance", "mask of the regions", 3);
        Assert.Equal($"op 0: addr = 0x{E - 0x1000:x}: the range that starts here ends beyond the VM (size of the VM = 0x{E:x}) [BIND-047]",
            Refuses(Op.Unmap(E - 0x1000, 0x2000), "addr", "size of the VM", E).ToString()["-EINVAL: ".Length..]);

        Rejection Refuses(DrmXeVmBindOp op, string field, string name, ulong value)
        {
            ulong before = scene.Vm.StateHash();
            Assert.Equal(Errno.EINVAL, scene.Bind(Op.Null(0, 0x1000), op));
            Assert.Equal(before, scene.Vm.StateHash());
            Assert.Equal(Errno.EINVAL, scene.Bind(op));
            Rejection why = scene.File.LastRejection;
            Assert.Equal((field, 0, new Comparand(name, value)), (why.Field, why.OpIndex, why.ComparedWith!.Value));
            return why;
        }
    }

    [Fact]
    [Rule("BIND-034a")]
    public void An_object_that_is_too_large_is_compared_with_the_memory()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB });
        var args = new DrmXeGemCreate { Size = 32 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.E2BIG, scene.File.GemCreate(ref args));
        Assert.Equal(new Comparand("bytes of that memory", 16 * MiB), scene.File.LastRejection.ComparedWith);
        uint big = scene.Bo("big", 32 * MiB, placement: 3, flags: GemCreateFlags.DeferBacking);
        scene.Refuses(Errno.E2BIG, "BIND-034a", Op.Map(big, A, 32 * MiB, flags: VmBindFlags.Immediate));
        Assert.Equal(new Comparand("bytes of that memory", 16 * MiB), scene.File.LastRejection.ComparedWith);
        // The next call that is refused for something else has none.
        scene.Refuses(Errno.EINVAL, "BIND-090", Op.Null(A, 0));
        Assert.Null(scene.File.LastRejection.ComparedWith);
        scene.Do(Op.Null(A, 0x1000));
        Assert.Null(scene.File.LastRejection.ComparedWith);
    }

    [Fact]
    [Rule("UAPI-011")]
    [Rule("BIND-277")]
    public void Answers_say_how_large_they_are()
    {
        using var scene = new BindScene(vmFlags: 0);
        var query = new DrmXeDeviceQuery { Query = DeviceQueryId.Config };
        Assert.Equal(Errno.Ok, scene.File.DeviceQuery(ref query));
        ulong size = query.Size;
        query.Size++;
        Assert.Equal(Errno.EINVAL, scene.File.DeviceQuery(ref query, new byte[size + 1]));
        Assert.Equal(new Comparand("size of the answer", size), scene.File.LastRejection.ComparedWith);

        scene.Do(Op.Null(A, 0x1000), Op.Null(2 * A, 0x1000), Op.Null(3 * A, 0x1000));
        var attributes = new DrmXeVmQueryMemRangeAttr
        {
            VmId = scene.Vm.Id,
            Start = 0,
            Range = E,
            NumMemRanges = 2,
            SizeofMemRangeAttr = 64,
            VectorOfMemAttr = 0x1000,
        };
        Assert.Equal(Errno.ENOSPC, scene.File.VmQueryMemRangeAttrs(ref attributes, new DrmXeMemRangeAttr[2]));
        Assert.Equal(new Comparand("mappings", 3), scene.File.LastRejection.ComparedWith);
    }

    [Fact]
    [Rule("BIND-103")]
    [Rule("UAPI-008")]
    public void Queues_say_what_they_can_be()
    {
        Rejection why = ExecQueueCreateChecks.Validate(new() { Width = 3, NumPlacements = 4 });
        Assert.Equal(("width", 3ul, new Comparand("num_placements", 4)), (why.Field, why.Value, why.ComparedWith!.Value));
        var caller = new ExecQueuePropertyCheckContext { MaxPriority = 1, MinTimeslice = 10, MaxTimeslice = 90 };
        Assert.Equal(new Comparand("highest", 2), Set(ExecQueueProperty.Priority, 3));
        Assert.Equal(new Comparand("highest that is allowed", 1), Set(ExecQueueProperty.Priority, 2));
        Assert.Equal(new Comparand("nearest limit", 10), Set(ExecQueueProperty.Timeslice, 9));
        Assert.Equal(new Comparand("nearest limit", 90), Set(ExecQueueProperty.Timeslice, 91));
        Assert.Null(Set(ExecQueueProperty.Timeslice, 50));
        Assert.Equal(new Comparand("limit", 1024), ExecChecks.Validate(new() { NumSyncs = 1025 }).ComparedWith);

        Comparand? Set(ExecQueueProperty property, ulong value) =>
            ExecQueuePropertyChecks.Validate(new() { Property = (uint)property, Value = value }, caller).ComparedWith;
    }

    [Fact]
    [Rule("BIND-118")]
    [Rule("DRM-020")]
    [Rule("DRM-024")]
    [Rule("DRM-032")]
    public void A_timeline_without_a_point_shows_its_last_one()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint timeline = scene.File.SyncobjCreate(), other = scene.File.SyncobjCreate();
        scene.Do([Op.OutPoint(timeline, 4)]);
        scene.Refuses(Errno.EINVAL, "BIND-118", [Op.InPoint(timeline, 5)]);
        Assert.Equal(new Comparand("last point", 4), scene.File.LastRejection.ComparedWith);
        Assert.Equal(Errno.EINVAL, scene.File.SyncobjFence(timeline, 6, out _));
        Assert.Equal((6ul, new Comparand("last point", 4)), (scene.File.LastRejection.Value, scene.File.LastRejection.ComparedWith!.Value));
        var transfer = new DrmSyncobjTransfer { SrcHandle = timeline, SrcPoint = 7, DstHandle = other };
        Assert.Equal(Errno.EINVAL, scene.File.SyncobjTransfer(transfer));
        Assert.Equal(new Comparand("last point", 4), scene.File.LastRejection.ComparedWith);
        var file = new DrmSyncobjHandle
        {
            Handle = timeline,
            Flags = SyncobjFileFlags.SyncFile | SyncobjFileFlags.Timeline,
            Point = 8,
        };
        Assert.Equal(Errno.EINVAL, scene.File.SyncobjHandleToFd(ref file));
        Assert.Equal(new Comparand("last point", 4), scene.File.LastRejection.ComparedWith);
    }

    [Fact]
    public void A_call_that_is_refused_again_costs_no_allocation()
    {
        BindCheckContext context = new BindSetting().Context;
        DrmXeVmBindOp op = BindSetting.Map with { Addr = 0, Range = ulong.MaxValue & ~0xffful };
        Rejection first = VmBindRangeChecks.Validate(in op, in context);
        Assert.Equal(context.VmSize, first.ComparedWith!.Value.Value);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            _ = VmBindRangeChecks.Validate(in op, in context);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>Every check of an accepted call hands one on.</summary>
    [Fact]
    public void A_rejection_has_not_grown() => Assert.Equal(24, Unsafe.SizeOf<Rejection>());

    [Fact]
    public void Rejections_of_unequal_comparands_are_unequal()
    {
        Rejection small = Refusals.QuerySizeDiffers(1, 8), large = Refusals.QuerySizeDiffers(1, 16);
        Assert.NotEqual(small, large);
        Assert.Equal(small, Refusals.QuerySizeDiffers(1, 8));
        Assert.Equal(("size of the answer = 0x10", small.Because), (large.ComparedWith.ToString(), large.Because));
    }

    [GeneratedRegex(
        @"^\D*\b(larger|beyond|outside|lie inside|more (?!than one\b)|highest|limits|neither 0|so high|no such( fence or)? point)\D*$")]
    private static partial Regex Comparison();
}
