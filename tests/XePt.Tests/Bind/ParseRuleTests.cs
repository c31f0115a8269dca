using XePt.Devices;
using XePt.Gpuva;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 11: VMAs, inheritance, the skip rule, the PT-op counter.</summary>
public class ParseRuleTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [MemberData(nameof(Profiles))]
    [Rule("BIND-176")]
    public void A_new_vma_has_the_flags_of_its_op_and_default_attributes(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Do(Op.Map(scene.Bo("X", 0x1000), A, 0x1000, 0, VmBindFlags.ReadOnly | VmBindFlags.Dumpable | VmBindFlags.Immediate)
            with
        { PatIndex = 4 });
        VmaInfo vma = scene.Vm.FindVma(A)!.Value;
        Assert.Equal((true, true, false, false), (vma.IsReadOnly, vma.IsDumpable, vma.IsAutoreset, vma.IsNull));
        Assert.Equal((4, 4, AtomicAccess.Undefined), (vma.PatIndex, vma.DefaultPatIndex, vma.Atomic));
        Assert.True(scene.VmaAt(A).Attributes.AreDefault);
        Assert.False(scene.Vm.Translate(A).IsWritable);
    }

    /// <summary>The table at the end of section 11. The new VMA goes into an empty VM.</summary>
    [Theory]
    [InlineData("bo", 0u, false, 1, 1)]
    [InlineData("bo", 2u, false, 1, 1)]
    [InlineData("bo", 6u, true, 1, 1)]
    [InlineData("bo", 7u, true, 1, 1)]
    [InlineData("bo", 6u, false, 0, 0)]
    [InlineData("bo", 7u, false, 0, 1)]
    [InlineData("userptr", 1u, false, 1, 1)]
    [InlineData("userptr", 6u, true, 1, 1)]
    [InlineData("userptr", 6u, false, 0, 0)]
    [InlineData("userptr", 7u, false, 0, 1)]
    [InlineData("null", 0u, false, 1, 1)]
    [InlineData("null", 6u, true, 1, 1)]
    [InlineData("null", 6u, false, 0, 0)]
    [InlineData("null", 7u, false, 0, 1)]
    [InlineData("mirror", 6u, false, 0, 0)]
    [InlineData("mirror", 7u, false, 0, 1)]
    [InlineData("mirror", 7u, true, 0, 0)]
    [Rule("BIND-177")]
    public void A_map_counts_as_the_table_says(string kind, uint vmFlags, bool immediate, int seed, int final)
    {
        foreach ((XeProfile profile, int expected) in new[] { (XeProfile.SeedOpen, seed), (XeProfile.Final, final) })
        {
            using var scene = new BindScene(vmFlags, profile);
            scene.Do(New(scene, kind, A, immediate));
            Assert.Equal((profile, expected), (profile, scene.PtOps));
        }
    }

    [Theory]
    [InlineData("bo", 3, 1)]
    [InlineData("userptr", 3, 3)]
    [InlineData("null", 3, 1)]
    [InlineData("mirror", 0, 0)]
    [Rule("BIND-188")]
    [Rule("BIND-189")]
    [Rule("BIND-190")]
    public void What_is_done_to_a_vma_counts_by_its_kind(string kind, int remapUnbound, int remapBound)
    {
        int one = kind == "mirror" ? 0 : 1;
        foreach (XeProfile profile in new[] { XeProfile.Final, XeProfile.SeedOpen })
            foreach (bool isBound in new[] { false, true })
            {
                using var scene = new BindScene(6, profile);
                scene.Do(New(scene, kind, A, isBound));
                scene.Do(Op.Unmap(A + 0x1000, 0x1000));
                Assert.Equal(isBound ? remapBound : remapUnbound, scene.PtOps);
                scene.Do(Op.Prefetch(A, 0x1000, kind == "bo" ? 1u : 0));
                Assert.Equal(one, scene.PtOps);
                scene.Do(Op.Unmap(A, 0x1000));
                Assert.Equal(one, scene.PtOps);
            }
    }

    [Fact]
    [Rule("BIND-178")]
    [Rule("BIND-227")]
    [Rule("UPTR-004")]
    [Rule("UPTR-009")]
    public void A_userptr_pins_its_pages_at_the_map_and_for_every_piece()
    {
        using var scene = new BindScene();
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x4000));
        scene.Do(Op.Userptr(0x7000_0000, A, 0x4000));
        Assert.NotEqual(0, scene.PagesAt(A));
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Userptr(0x7000_1000, 2 * A, 0x4000));

        Assert.True(scene.File.UnmapCpuMemory(0x7000_0000));
        // Pieces pin anew, and there is nothing to pin any more.
        scene.Refuses(Errno.EFAULT, "BIND-178", Op.Unmap(A + 0x1000, 0x1000));
        scene.Do(Op.Unmap(A, 0x4000));
    }

    [Fact]
    [Rule("BIND-179")]
    [Rule("BIND-181")]
    public void A_piece_is_of_the_kind_of_the_old_vma_with_its_flags()
    {
        using var scene = new BindScene();
        VmBindFlags flags = VmBindFlags.ReadOnly | VmBindFlags.Dumpable | VmBindFlags.Immediate;
        foreach (string kind in new[] { "bo", "userptr", "null", "mirror" })
        {
            scene.Do(New(scene, kind, A, immediate: true, flags));
            scene.Do(Op.Unmap(A + 0x1000, 0x1000));
            IReadOnlyList<VmaInfo> pieces = scene.Vm.GetVmas();
            Assert.Equal([kind, kind], pieces.Select(piece => piece.Kind.ToString().ToLowerInvariant()));
            Assert.All(pieces, piece => Assert.True(piece.IsReadOnly && piece.IsDumpable));
            ulong distance = kind is "bo" or "userptr" ? 0x2000ul : 0;
            Assert.Equal(distance, pieces[1].Offset - pieces[0].Offset);
            scene.Do(Op.Unmap(0, E));
        }
    }

    [Fact]
    [Rule("BIND-180")]
    public void Pieces_inherit_every_attribute_of_a_bo_too()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(New(scene, "bo", A, immediate: false));
        ref VmaAttributes advice = ref scene.VmaAt(A).Attributes;
        (advice.Pat, advice.Atomic, advice.PreferredDevice, advice.MigrationPolicy, advice.RegionInstance) = (
            3, AtomicAccess.Cpu, -1, 1, 2);
        VmaAttributes expected = advice;
        scene.Do(Op.Unmap(A + 0x1000, 0x1000));
        Assert.Equal(expected, scene.VmaAt(A).Attributes);
        Assert.Equal(expected, scene.VmaAt(A + 0x2000).Attributes);
    }

    /// <summary>Physical runs that give leaves of one size each, and cuts that do and do not fit it.</summary>
    [Theory]
    [InlineData(PageSizeHints.Size4K, 0x4000_1000ul, 0x1000ul, 0x1000ul)]
    [InlineData(PageSizeHints.Size4K | PageSizeHints.Size64K, 0x4000_0000ul, 0x1_0000ul, 0x1_0000ul)]
    [InlineData(PageSizeHints.Size2M, 0x4000_0000ul, 0x20_0000ul, 0x20_0000ul)]
    [InlineData(PageSizeHints.Size4K | PageSizeHints.Compact64K, 0x4000_0000ul, 0x1_0000ul, 0x20_0000ul)]
    [InlineData(PageSizeHints.Size1G, 0x4000_0000ul, 0x4000_0000ul, 0x4000_0000ul)]
    [Rule("BIND-184")]
    [Rule("BIND-185")]
    [Rule("BIND-186")]
    [Rule("BIND-187")]
    public void A_piece_is_skipped_when_the_cut_suits_the_largest_page(PageSizeHints hints, ulong address, ulong chunk, ulong largest)
    {
        // The compact case needs chunks that are not contiguous; a platform without compact tables gives plain 64 KiB hints.
        bool isCompact = (hints & PageSizeHints.Compact64K) != 0, is64K = (hints & PageSizeHints.Size64K) != 0;
        using var scene = new BindScene(vmFlags: 0, platform: is64K ? XePlatforms.Dg1 : XePlatforms.Bmg);
        ulong size = 4 * largest;
        PhysicalRun[] runs = [
            new PhysicalRun(address, chunk, (int)(size / chunk), isCompact ? 2 * chunk : chunk + (largest == 0x1000 ? chunk : 0))];
        uint x = scene.Bo("X", size, placement: 1, runs: runs);
        var pat = (ushort)scene.Device.Platform.Pat.IndexWriteBack;
        scene.Do(Op.Map(x, 4 * A, size) with { PatIndex = pat });
        Assert.Equal(hints, scene.Vm.FindVma(4 * A)!.Value.PageSizes);

        // One cut that fits on each side; then, unless pages are smallest, one that does not.
        scene.Do(Op.Unmap((4 * A) + largest, largest) with { PatIndex = pat });
        AssertSkips(true, true);
        VmaInfo left = scene.Vm.FindVma(4 * A)!.Value;
        Assert.Equal(1, left.TilePresent);
        Assert.Equal(LargestHint(hints), left.PageSizes);
        if (largest == 0x1000)
            return;

        scene.Do(Op.Unmap((4 * A) + (2 * largest) + 0x1000, largest) with { PatIndex = pat });
        AssertSkips(false, false);
        scene.Do(Op.Unmap(4 * A, 0x1000) with { PatIndex = pat });
        Assert.False(Assert.Single(scene.Actions).Next!.Value.IsSkipped);

        void AssertSkips(bool previous, bool next)
        {
            GpuvaActionInfo remap = Assert.Single(scene.Actions);
            Assert.Equal((previous, next), (remap.Previous!.Value.IsSkipped, remap.Next!.Value.IsSkipped));
            Assert.Equal(1 + (previous ? 0 : 1) + (next ? 0 : 1), scene.PtOps);
        }
    }

    [Fact]
    [Rule("BIND-184")]
    public void Prev_and_next_are_decided_separately()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(0, 6 * MiB));
        scene.Do(Op.Unmap(2 * MiB, MiB));
        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.Equal((true, false), (remap.Previous!.Value.IsSkipped, remap.Next!.Value.IsSkipped));
        Assert.Equal((2 * MiB, 6 * MiB), (remap.UnbindStart, remap.UnbindEnd));
        scene.Do(Op.Unmap(3 * MiB, MiB));
        Assert.True(Assert.Single(scene.Actions).Next!.Value.IsSkipped);
    }

    [Fact]
    [Rule("BIND-185")]
    [Rule("BIND-187")]
    public void A_vma_never_bound_counts_as_one_gigabyte_pages()
    {
        using var scene = new BindScene();
        scene.Do(Op.Null(0, 4ul << 30));
        scene.Do(Op.Unmap(1ul << 30, 1ul << 30));
        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.True(remap.Previous!.Value.IsSkipped && remap.Next!.Value.IsSkipped);
        Assert.Equal([0, 0], scene.Vm.GetVmas().Select(vma => (int)vma.TilePresent));
        Assert.Equal([PageSizeHints.Size1G, PageSizeHints.Size1G], scene.Vm.GetVmas().Select(vma => vma.PageSizes));
    }

    [Fact]
    [Rule("BIND-187")]
    public void A_skipped_piece_of_a_zapped_vma_looks_valid_until_it_is_prefetched()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 4 * MiB, runs: [new PhysicalRun(0x4000_0000, 4 * MiB)]), A, 4 * MiB, flags: VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));

        scene.Do(Op.Unmap(A, 2 * MiB));

        Assert.True(Assert.Single(scene.Actions).Next!.Value.IsSkipped);
        // The vectors show that the mark of the zap is not copied.
        Assert.Equal((1, 0), (scene.VmaAt(A + (2 * MiB)).TilePresent, scene.VmaAt(A + (2 * MiB)).TileInvalidated));
        Assert.False(scene.Vm.Translate(A + (2 * MiB)).IsPresent);
        scene.Do(Op.Prefetch(A + (2 * MiB), 0x1000, 1));
        Assert.True(scene.Vm.Translate(A + (2 * MiB)).IsPresent);
    }

    [Fact]
    [Rule("BIND-192")]
    [Rule("BIND-193")]
    public void A_split_makes_new_vmas_and_a_prefetch_changes_none()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(0, 6 * MiB));
        int old = scene.SlotAt(0);
        scene.Do(Op.Prefetch(0, 6 * MiB, 0));
        Assert.Equal(old, scene.SlotAt(0));
        scene.Do(Op.Unmap(2 * MiB, 2 * MiB));
        scene.ListIs("[0, 0x20_0000) null", "[0x40_0000, 0x60_0000) null");
        Assert.DoesNotContain(old, new[] { scene.SlotAt(0), scene.SlotAt(4 * MiB) });
    }

    private static PageSizeHints LargestHint(PageSizeHints hints) =>
        (hints & PageSizeHints.Compact64K) != 0 ? PageSizeHints.Size2M
        : (hints & PageSizeHints.Size64K) != 0 ? PageSizeHints.Size64K
        : hints;

    /// <summary>Three pages of a kind; the CPU memory for userptrs is made when first needed.</summary>
    private static DrmXeVmBindOp New(BindScene scene, string kind, ulong addr, bool immediate, VmBindFlags flags = 0)
    {
        flags |= immediate ? VmBindFlags.Immediate : 0;
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x3000, 1));
        return kind switch
        {
            "bo" => Op.Map(scene.Bo("X", 0x3000), addr, 0x3000, flags: flags),
            "userptr" => Op.Userptr(0x7000_0000, addr, 0x3000, flags),
            "null" => Op.Null(addr, 0x3000, flags),
            _ => scene.Mirror(addr, 0x3000, flags),
        };
    }
}
