using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>Specification 01 section 3 and BIND-035: the extension chain of GEM_CREATE.</summary>
public class GemExtensionRuleTests
{
    private const ulong First = 0x1_0000;
    private const ulong Hole = 0xdead_0000;

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [Rule("UAPI-001")]
    [Rule("UAPI-005")]
    [Rule("UAPI-007")]
    public void A_chain_of_up_to_sixteen_links_that_ask_for_nothing_passes(int links)
    {
        using var scene = new BindScene();
        Write(scene, links);
        Assert.Equal(Errno.Ok, Create(scene));
        Assert.Single(scene.File.Bos);
    }

    [Theory]
    [InlineData(17, false)]
    [InlineData(2, true)]
    [Rule("UAPI-004")]
    [Rule("UAPI-005")]
    public void A_longer_chain_and_a_circle_are_too_big(int links, bool isCircle)
    {
        using var scene = new BindScene();
        Write(scene, links, last => last with { Base = last.Base with { NextExtension = isCircle ? First : 0 } });
        AssertRefused(scene, Errno.E2BIG, "UAPI-004");
    }

    [Fact]
    [Rule("BIND-035")]
    [Rule("UAPI-004")]
    [Rule("UAPI-006")]
    [Rule("UAPI-007")]
    public void The_last_link_decides_and_leaves_no_object()
    {
        using var scene = new BindScene();
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        (Func<DrmXeExtSetProperty, DrmXeExtSetProperty> Change, Errno Errno, string Rule)[] rows =
        [
            (link => link with { Base = link.Base with { NextExtension = Hole } }, Errno.EFAULT, "UAPI-004"),
            (link => link with { Base = link.Base with { Pad = 1 } }, Errno.EINVAL, "UAPI-004"),
            (link => link with { Base = link.Base with { Name = 1 } }, Errno.EINVAL, "UAPI-004"),
            (link => link with { Property = 1 }, Errno.EINVAL, "UAPI-006"),
            (link => link with { Pad = 1 }, Errno.EINVAL, "UAPI-006"),
            (link => link with { Value = 1 }, Errno.ENODEV, "UAPI-007"),
            (link => link with { Value = 2 }, Errno.EINVAL, "UAPI-007"),
        ];
        foreach ((Func<DrmXeExtSetProperty, DrmXeExtSetProperty> change, Errno errno, string rule) in rows)
        {
            Write(scene, 3, change);
            AssertRefused(scene, errno, rule);
        }

        Assert.Equal(0ul, scene.Device.Memory.Regions[0].Allocator.UsedBytes);
    }

    [Fact]
    [Rule("UAPI-006")]
    public void A_link_whose_header_can_be_read_but_not_its_property()
    {
        using var scene = new BindScene();
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        AssertRefused(scene, Errno.EFAULT, "UAPI-006", Hole - 16);
    }

    [Fact]
    [Rule("BIND-035")]
    public void The_chain_is_looked_at_after_everything_else()
    {
        using var scene = new BindScene();
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        var args = new DrmXeGemCreate { Extensions = Hole, Size = 1ul << 50, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        Assert.Equal(Errno.ENOSPC, scene.File.GemCreate(ref args));
        args.Size = 1ul << 39;
        Assert.Equal(Errno.ENOMEM, scene.File.GemCreate(ref args));
        args.Size = 0x1000;
        Assert.Equal(Errno.EFAULT, scene.File.GemCreate(ref args));
    }

    private static void AssertRefused(BindScene scene, Errno errno, string rule, ulong first = First)
    {
        Assert.Equal((errno, rule), (Create(scene, first), scene.File.LastRejection.RuleId));
        Assert.Empty(scene.File.Bos);
    }

    private static Errno Create(BindScene scene, ulong first = First)
    {
        var args = new DrmXeGemCreate { Extensions = first, Size = 0x1000, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        return scene.File.GemCreate(ref args);
    }

    /// <summary>Writes a chain of links that ask for nothing; the last may be changed.</summary>
    private static void Write(BindScene scene, int links, Func<DrmXeExtSetProperty, DrmXeExtSetProperty>? changeLast = null)
    {
        for (int i = 0; i < links; i++)
        {
            bool isLast = i == links - 1;
            ulong at = First + ((ulong)i * 0x100);
            var link = new DrmXeExtSetProperty { Base = new DrmXeUserExtension { NextExtension = isLast ? 0 : at + 0x100 } };
            link = isLast && changeLast is not null ? changeLast(link) : link;
            scene.File.UserMemory.TryWrite(at, MemoryMarshal.AsBytes(new ReadOnlySpan<DrmXeExtSetProperty>(in link)));
        }
    }
}
