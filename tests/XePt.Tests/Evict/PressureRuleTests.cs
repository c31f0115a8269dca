using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Evict.EvictScene;

namespace XePt.Tests.Evict;

/// <summary>Who has to leave when device memory is full: 14 MiB, so three BOs of 4 MiB and 2 MiB to spare.</summary>
public class PressureRuleTests
{
    [Fact]
    [Rule("EVT-009")]
    public void The_bo_made_or_used_longest_ago_leaves_first()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint a = scene.Bo(4 * MiB), b = scene.Bo(4 * MiB), c = scene.Bo(4 * MiB);
        uint d = scene.Bo(4 * MiB);
        Assert.Equal("SVVV", scene.Places(a, b, c, d));
        scene.Map(scene.Vm, b, A);
        scene.Map(scene.Vm, c, 2 * A);
        uint e = scene.Bo(4 * MiB);
        Assert.Equal("SVVSV", scene.Places(a, b, c, d, e));
        scene.Map(scene.Vm, e, 3 * A);
        scene.Scene.Do(Op.Prefetch(A, 0x1000, uint.MaxValue));
        uint f = scene.Bo(4 * MiB);
        Assert.Equal("SVSSVV", scene.Places(a, b, c, d, e, f));
        Assert.Equal([scene.Of(c).Number], scene.Vm.EvictedBos);
        Assert.True(scene.Of(c).IsEvicted && !scene.Of(b).IsEvicted);
    }

    [Fact]
    public void A_job_uses_all_private_bos_of_its_vm()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint a = scene.Bo(4 * MiB, vm: scene.Vm.Id), b = scene.Bo(4 * MiB), c = scene.Bo(4 * MiB);
        scene.Map(scene.Vm, a, A);
        scene.Map(scene.Vm, b, 2 * A);
        scene.Map(scene.Vm, c, 3 * A);
        scene.Exec(scene.Vm);
        uint d = scene.Bo(4 * MiB);
        Assert.Equal("VSVV", scene.Places(a, b, c, d));
    }

    [Theory]
    [InlineData(0u, 1, true)]
    [InlineData(0u, 2, false)]
    [InlineData(2u, 1, false)]
    [InlineData(6u, 1, true)]
    [InlineData(6u, 2, false)]
    [Rule("BIND-021")]
    [Rule("EVT-010")]
    public void A_bind_drives_out_bos_of_its_own_vm_only_alone_and_without_preempt_fences(uint vmFlags, int binds, bool mayEvict)
    {
        foreach (bool isPrivate in new[] { true, false })
        {
            using var scene = new EvictScene(vmFlags);
            uint[] bos = [.. Enumerable.Range(0, 3).Select(_ => scene.Bo(4 * MiB, vm: isPrivate ? scene.Vm.Id : 0))];
            for (int i = 0; i < bos.Length; i++)
                scene.Map(scene.Vm, bos[i], (ulong)(i + 1) * A);
            uint wanted = scene.Bo(4 * MiB, isDeferred: true), small = scene.Bo(0x1000, placement: 1);

            Errno error = binds == 1 ? scene.TryMap(scene.Vm, 5 * A, wanted) : scene.TryMap(scene.Vm, 5 * A, wanted, small);

            Assert.Equal(mayEvict ? (Errno.Ok, "SVVV") : (Errno.ENOMEM, "VVV-"), (error, scene.Places([.. bos, wanted])));
            if (!mayEvict)
                Assert.Equal("BIND-194", scene.File.LastRejection.RuleId);
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("BIND-021")]
    public void Bos_of_other_vms_make_room_whatever_the_bind(uint vmFlags)
    {
        using var scene = new EvictScene(vmFlags);
        XeVm other = scene.Scene.CreateVm(0);
        uint[] bos = [.. Enumerable.Range(0, 3).Select(_ => scene.Bo(4 * MiB, vm: other.Id))];
        for (int i = 0; i < bos.Length; i++)
            scene.Map(other, bos[i], (ulong)(i + 1) * A);
        uint x = scene.Bo(4 * MiB, isDeferred: true), y = scene.Bo(4 * MiB, isDeferred: true);
        Assert.Equal(Errno.Ok, scene.TryMap(scene.Vm, A, x, y));
        Assert.Equal("SSVVV", scene.Places([.. bos, x, y]));
        Assert.Equal([scene.Of(bos[0]).Number, scene.Of(bos[1]).Number], other.EvictedBos);
    }

    [Fact]
    [Rule("EVT-010")]
    public void What_the_request_itself_uses_stays()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint old = scene.Bo(8 * MiB), x = scene.Bo(8 * MiB, isDeferred: true);
        scene.Map(scene.Vm, old, A);
        // The request cuts the old BO's VMA: both pieces are validated by it.
        DrmXeVmBindOp op = Op.Map(x, A + (2 * MiB), 4 * MiB);
        scene.Scene.Refuses(Errno.ENOMEM, "BIND-194", op);
        Assert.Equal("V-", scene.Places(old, x));
    }

    [Fact]
    [Rule("BIND-039")]
    public void A_bo_that_may_be_in_system_memory_and_is_there_drives_nobody_out()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint a = scene.Bo(8 * MiB), b = scene.Bo(4 * MiB);
        uint c = scene.Bo(4 * MiB, placement: 3);
        Assert.Equal("SVV", scene.Places(a, b, c));
        Assert.Equal(Errno.Ok, scene.File.EvictBo(c));
        uint d = scene.Bo(8 * MiB);
        scene.Map(scene.Vm, c, A);
        Assert.Equal("SVSV", scene.Places(a, b, c, d));
        scene.File.GemClose(b);
        scene.Map(scene.Vm, c, 2 * A);
        Assert.Equal("V", scene.Places(c));
    }

    [Fact]
    [Rule("BIND-034b")]
    [Rule("BIND-194")]
    [Rule("RN-045")]
    public void A_bo_that_can_never_fit_drives_nobody_out()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint a = scene.Bo(4 * MiB);
        scene.Map(scene.Vm, a, A);
        ulong before = scene.Vm.StateHash();
        Assert.Equal(Errno.ENOMEM, scene.TryBo(16 * MiB, out _));
        uint big = scene.Bo(16 * MiB, isDeferred: true);
        scene.Scene.Refuses(Errno.ENOMEM, "BIND-194", Op.Map(big, 2 * A, 16 * MiB));
        Assert.Equal((before, "V", 0L), (scene.Vm.StateHash(), scene.Places(a), scene.Device.MoveCounters.Moves));
    }

    [Fact]
    [Rule("EVT-009")]
    public void A_victim_that_system_memory_has_no_room_for_stays_and_the_next_one_is_tried()
    {
        using var scene = new EvictScene(vmFlags: 0, systemBytes: 3 * MiB);
        uint a = scene.Bo(8 * MiB), b = scene.Bo(2 * MiB), c = scene.Bo(4 * MiB);
        uint d = scene.Bo(2 * MiB);
        Assert.Equal("VSVV", scene.Places(a, b, c, d));
        Assert.Equal((Errno.ENOMEM, "EVT-009"), (scene.File.EvictBo(a), scene.File.LastRejection.RuleId));
    }

    [Fact]
    [Rule("EVT-003")]
    public void A_victim_in_use_by_a_fault_vm_stays_and_the_next_one_is_tried()
    {
        using var scene = new EvictScene(vmFlags: 6);
        uint a = scene.Bo(4 * MiB), b = scene.Bo(4 * MiB), c = scene.Bo(4 * MiB);
        scene.Busy(scene.Vm, a, A);
        uint d = scene.Bo(4 * MiB), e = scene.Bo(4 * MiB);
        Assert.Equal("VSSVV", scene.Places(a, b, c, d, e));
    }

    [Fact]
    public void Memory_of_the_embedder_is_no_victim()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint supplied = scene.Scene.Bo("X", 4 * MiB, runs: [new PhysicalRun(0, 4 * MiB)]);
        uint a = scene.Bo(8 * MiB), b = scene.Bo(8 * MiB);
        Assert.Equal("VSV", scene.Places(supplied, a, b));
    }

    [Fact]
    [Rule("BIND-194")]
    [Rule("BIND-196")]
    [Rule("BIND-219")]
    public void A_request_that_fails_under_pressure_leaves_everything_but_residency_as_it_was()
    {
        var random = new Random(7);
        for (int round = 0; round < 60; round++)
        {
            using var scene = new EvictScene(vmFlags: (round % 3) switch { 0 => 0u, 1 => 2, _ => 6 }, systemBytes: 12 * MiB);
            XeVm other = scene.Scene.CreateVm(0);
            var bos = new List<uint>();
            for (int i = 0; i < 8; i++)
                bos.Add(scene.Bo((ulong)(1 << random.Next(4)) * MiB / 2, placement: (uint)random.Next(2, 4), isDeferred: true));
            foreach (uint bo in bos)
                scene.TryMap(random.Next(2) == 0 ? scene.Vm : other, bo * A, bo);

            for (int step = 0; step < 20; step++)
            {
                (ulong List, int Tables, string Mappings) before = Look(scene.Vm);
                int[] references = [.. scene.File.Bos.Select(bo => bo.Object.References)];
                uint[] some = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => bos[random.Next(bos.Count)])];
                ulong at = (ulong)random.Next(1, 10) * A;
                long moves = scene.Device.MoveCounters.Moves;
                Errno error = scene.TryMap(scene.Vm, at, some);
                Assert.True(error is Errno.Ok or Errno.ENOMEM, $"{error}");
                if (error == Errno.Ok || (scene.Vm.Mode == VmMode.Fault && scene.Device.MoveCounters.Moves > moves))
                    continue;
                Assert.Equal(before, Look(scene.Vm));
                Assert.Equal(references, scene.File.Bos.Select(bo => bo.Object.References));
            }

            // What is in use is exactly what the BOs have.
            Assert.Equal(Sum(scene, bo => bo.Region > 0), scene.VramUsed);
            Assert.Equal(Sum(scene, bo => bo.Region == 0), scene.SystemUsed);
        }
    }

    private static (ulong List, int Tables, string Mappings) Look(XeVm vm) =>
        ((ulong)vm.VmaCount, vm.File.Device.TablesInUse,
            string.Join(' ', vm.GetMappings().Select(run => $"{run.Range.Start:x}-{run.Range.End:x}={run.Entry:x}"))
            + string.Join(' ', vm.GetVmas().Select(vma => $"{vma.Range.Start:x}-{vma.Range.End:x} {vma.BoNumber} {vma.Offset:x}")));

    private static ulong Sum(EvictScene scene, Predicate<XeBo> where) =>
        scene.File.Bos.Where(bo => where(bo)).Aggregate(0ul, (sum, bo) => sum + bo.Size);
}
