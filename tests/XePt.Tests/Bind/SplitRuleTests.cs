using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 10: the bare split and merge core, in pages.</summary>
public class SplitRuleTests
{
    [Theory]
    [InlineData("4-8 X+0", "unmap 4-8 X+0 keep")]
    [InlineData("4-8 X+1", "unmap 4-8 X+1")]
    [InlineData("4-6 X+0", "unmap 4-6 X+0 keep")]
    [InlineData("4-10 X+0", "remap 4-10 X+0 keep -> - | 8-10 X+4")]
    [InlineData("2-8 X+6", "remap 2-8 X+6 -> 2-4 X+6 | -")]
    [InlineData("2-6 Y+0", "remap 2-6 Y+0 -> 2-4 Y+0 | -")]
    [InlineData("2-10 Y+3", "remap 2-10 Y+3 -> 2-4 Y+3 | 8-10 Y+9")]
    [InlineData("6-8 X+2", "unmap 6-8 X+2 keep")]
    [InlineData("5-7 X+1", "unmap 5-7 X+1 keep")]
    [InlineData("6-10 X+2", "remap 6-10 X+2 keep -> - | 8-10 X+4")]
    [Rule("BIND-150")]
    [Rule("BIND-151")]
    [Rule("BIND-152")]
    [Rule("BIND-153")]
    [Rule("BIND-154")]
    [Rule("BIND-155")]
    [Rule("BIND-156")]
    [Rule("BIND-157")]
    [Rule("BIND-158")]
    [Rule("BIND-159")]
    [Rule("BIND-160")]
    public void A_map_over_one_vma(string vma, string op)
    {
        using var scene = new SplitScene(vma);
        Assert.Equal([op, "map 4-8 X+0"], scene.Map("4-8 X+0"));
    }

    [Theory]
    [InlineData("2-8 X+3", "remap 2-8 X+3 keep -> 2-4 X+3 | -")]
    [InlineData("2-6 X+3", "remap 2-6 X+3 keep -> 2-4 X+3 | -")]
    [InlineData("2-10 X+3", "remap 2-10 X+3 keep -> 2-4 X+3 | 8-10 X+9")]
    [Rule("BIND-153")]
    [Rule("BIND-154")]
    [Rule("BIND-155")]
    [Rule("BIND-160")]
    public void Keep_means_the_same_bo_at_the_same_distance_on_the_left_too(string vma, string op)
    {
        using var scene = new SplitScene(vma);
        Assert.Equal([op, "map 4-8 X+5"], scene.Map("4-8 X+5"));
    }

    [Theory]
    [InlineData("4-8")]
    [InlineData("4-8 +5")]
    [Rule("BIND-160")]
    public void Keep_is_never_true_without_a_bo(string vma)
    {
        using var scene = new SplitScene(vma);
        Assert.Equal([$"unmap {vma}", $"map {vma}"], scene.Map(vma));
    }

    [Fact]
    [Rule("BIND-159")]
    public void Ops_ascend_and_the_map_is_last_with_at_most_two_remaps()
    {
        using var scene = new SplitScene("0-3 X+0", "3-5", "6-7 Y+1", "9-12 X+0");
        Assert.Equal(
            ["remap 0-3 X+0 -> 0-2 X+0 | -", "unmap 3-5", "unmap 6-7 Y+1", "remap 9-12 X+0 -> - | 11-12 X+2", "map 2-11 Y+0"],
            scene.Map("2-11 Y+0"));
    }

    [Fact]
    [Rule("BIND-161")]
    public void Pieces_of_a_vma_without_bo_get_computed_offsets()
    {
        using var scene = new SplitScene("2-10 +20");
        Assert.Equal(["remap 2-10 +20 -> 2-4 +20 | 8-10 +26", "map 4-8"], scene.Map("4-8"));
    }

    [Theory]
    [InlineData("4-8 X+1", "unmap 4-8 X+1")]
    [InlineData("5-6", "unmap 5-6")]
    [InlineData("2-6 X+1", "remap 2-6 X+1 -> 2-4 X+1 | -")]
    [InlineData("2-8 X+1", "remap 2-8 X+1 -> 2-4 X+1 | -")]
    [InlineData("4-9 X+1", "remap 4-9 X+1 -> - | 8-9 X+5")]
    [InlineData("7-9 X+1", "remap 7-9 X+1 -> - | 8-9 X+2")]
    [InlineData("2-9 X+1", "remap 2-9 X+1 -> 2-4 X+1 | 8-9 X+7")]
    [Rule("BIND-162")]
    [Rule("BIND-163")]
    [Rule("BIND-164")]
    [Rule("BIND-165")]
    public void An_unmap_over_one_vma(string vma, string op)
    {
        using var scene = new SplitScene(vma);
        Assert.Equal([op], scene.Unmap("4-8"));
    }

    [Fact]
    [Rule("BIND-166")]
    public void An_unmap_of_a_hole_has_no_ops()
    {
        using var scene = new SplitScene("2-4 X+0", "8-9 X+0");
        Assert.Empty(scene.Unmap("4-8"));
    }

    [Theory]
    [InlineData("4-8", "")]
    [InlineData("5-6", "")]
    [InlineData("4-9", "remap 4-9 -> - | 8-9 +4;map 4-8")]
    [InlineData("2-8", "remap 2-8 -> 2-4 | -;map 4-8")]
    [InlineData("2-9", "remap 2-9 -> 2-4 | 8-9 +6;map 4-8")]
    [InlineData("2-6", "remap 2-6 -> 2-4 | -;map 4-6")]
    [InlineData("6-9", "remap 6-9 -> - | 8-9 +2;map 6-8")]
    [InlineData("2-9 X+1", "")]
    [Rule("BIND-167")]
    [Rule("BIND-168")]
    [Rule("BIND-169")]
    [Rule("BIND-170")]
    [Rule("BIND-171")]
    [Rule("BIND-172")]
    public void A_madvise_gives_borders_to_vmas_without_a_bo(string vma, string ops)
    {
        using var scene = new SplitScene(vma);
        Assert.Equal(ops, string.Join(';', scene.Madvise("4-8")));
    }

    [Fact]
    [Rule("BIND-171")]
    [Rule("BIND-172")]
    public void A_madvise_goes_on_over_several_vmas()
    {
        using var scene = new SplitScene("2-5", "5-6", "6-7 X+0", "7-9");
        Assert.Equal(["remap 2-5 -> 2-4 | -", "map 4-5", "remap 7-9 -> - | 8-9 +1", "map 7-8"], scene.Madvise("4-8"));
    }

    [Fact]
    [Rule("BIND-137")]
    public void A_prefetch_carries_whole_vmas_ascending()
    {
        using var scene = new SplitScene("2-5 X+0", "5-6", "9-12 Y+1", "12-14");
        Assert.Equal(["prefetch 2-5 X+0", "prefetch 5-6", "prefetch 9-12 Y+1"], scene.Prefetch("4-10"));
        Assert.Empty(scene.Prefetch("6-9"));
    }

    [Fact]
    [Rule("BIND-136")]
    [Rule("BIND-149")]
    public void An_unmap_all_goes_in_link_order()
    {
        using var scene = new SplitScene("9-12 X+0", "2-5 X+5", "20-21 Y+0", "6-7 X+1");
        Assert.Equal(["unmap 9-12 X+0", "unmap 2-5 X+5", "unmap 6-7 X+1"], scene.UnmapAll(1));
        Assert.Equal(["unmap 20-21 Y+0"], scene.UnmapAll(2));
        Assert.Empty(scene.UnmapAll(3));
    }

    [Fact]
    [Rule("BIND-144")]
    [Rule("BIND-145")]
    [Rule("BIND-232")]
    public void Vmas_never_overlap_and_are_never_empty()
    {
        using var scene = new SplitScene("4-8 X+0");
        Assert.Equal(Errno.EEXIST, scene.Insert("4-8"));
        Assert.Equal(Errno.EEXIST, scene.Insert("7-9"));
        Assert.Equal(Errno.EEXIST, scene.Insert("2-5"));
        Assert.Equal(Errno.EEXIST, scene.Insert("5-6"));
        Assert.Equal(Errno.EEXIST, scene.Insert("0-64"));
        Assert.Equal(Errno.EINVAL, scene.Insert("9-9"));
        Assert.Equal(Errno.EINVAL, scene.Insert("60-65"));
        Assert.Equal(Errno.Ok, scene.Insert("8-9"));
        Assert.Equal(Errno.Ok, scene.Insert("2-4"));
        Assert.Equal(3, scene.Space.Count);
    }

    [Fact]
    [Rule("BIND-146")]
    [Rule("BIND-147")]
    public void A_range_lies_inside_the_space_and_clear_of_the_kernel_node()
    {
        using var scene = new SplitScene(8, 64, 20, 24, "16-20", "24-28");
        foreach (string outside in new[] { "4-9", "7-8", "63-65", "19-21", "23-25", "20-24", "8-64" })
        {
            Assert.Empty(scene.Map(outside, Errno.EINVAL));
            Assert.Empty(scene.Unmap(outside, Errno.EINVAL));
            Assert.Equal(Errno.EINVAL, scene.Insert(outside));
        }

        Assert.Equal(["unmap 16-20", "map 8-20"], scene.Map("8-20"));
        Assert.Equal(["prefetch 16-20", "prefetch 20-24", "prefetch 24-28"], scene.Prefetch("0-100"));
    }

    [Fact]
    [Rule("BIND-146")]
    public void An_end_that_overflows_is_refused()
    {
        using var scene = new SplitScene();
        Assert.False(scene.Space.IsValidRange(0x8000, 0x7000));
        Assert.False(scene.Space.IsValidRange(0xffff_ffff_ffff_f000, 0));
        Assert.True(scene.Space.IsValidRange(0x8000, 0x9000));
    }

    [Fact]
    [Rule("BIND-148")]
    public void Look_ups_find_the_lowest_overlap_and_nothing_across_a_hole()
    {
        using var scene = new SplitScene("2-5", "5-6", "9-12");
        Assert.Equal("2-5", scene.Text(scene.Space.FirstOverlap(0, 64 << 12)));
        Assert.Equal("2-5", scene.Text(scene.Space.FirstOverlap(4 << 12, 10 << 12)));
        Assert.Equal("5-6", scene.Text(scene.Space.FirstOverlap(5 << 12, 10 << 12)));
        Assert.Equal("9-12", scene.Text(scene.Space.FirstOverlap(6 << 12, (9 << 12) + 1)));
        Assert.Equal("-", scene.Text(scene.Space.FirstOverlap(6 << 12, 9 << 12)));
        Assert.Equal("5-6", scene.Text(scene.Space.Find((6 << 12) - 1)));
        Assert.Equal("-", scene.Text(scene.Space.Find(6 << 12)));
        Assert.Equal("9-12", scene.Text(scene.Space.NextFrom(6 << 12)));
        Assert.Equal("-", scene.Text(scene.Space.NextFrom(6 << 12, 9 << 12)));
        Assert.Equal("-", scene.Text(scene.Space.NextFrom(10 << 12)));
    }

    [Fact]
    [Rule("BIND-159")]
    public void A_split_that_gets_no_memory_appends_nothing()
    {
        using var scene = new SplitScene("2-5", "5-6", "9-12");
        scene.Failures.Arm(FailurePoint.Allocation);
        Assert.Empty(scene.Map("4-10", Errno.ENOMEM));
        scene.Failures.Disarm();
        Assert.Equal(4, scene.Map("4-10").Length);
    }
}
