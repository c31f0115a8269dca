using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Formats;
using static XePt.Tests.Checks.BindSetting;

namespace XePt.Tests.Checks;

public class VmBindBoChecksTests
{
    private const ulong Size = 0x20_0000;

    private static readonly PatEntry Coherent = new(0, PatCoherency.AtLeastOneWay, Compressed: false);
    private static readonly PatEntry Incoherent = new(0, PatCoherency.None, Compressed: false);
    private static readonly PatEntry Compressing = new(0, PatCoherency.AtLeastOneWay, Compressed: true);

    private static readonly BindBoCheckContext WriteCombined = new() { Pat = Coherent, Size = Size, CpuCaching = CpuCaching.WriteCombined };
    private static readonly BindBoCheckContext WriteBack = WriteCombined with { CpuCaching = CpuCaching.WriteBack };
    private static readonly BindBoCheckContext Imported = WriteCombined with { CpuCaching = 0 };
    private static readonly BindBoCheckContext Internal64K = WriteCombined with { Is64KInternal = true, VmNeeds64K = true };

    [Fact]
    [Rule("BIND-094")]
    [Rule("PT-047")]
    public void A_BO_without_compression_cannot_be_bound_compressed_in_Final_only()
    {
        var bo = WriteCombined with { NoCompression = true };
        Check(Map, bo).IsAccepted();
        Check(Map, bo with { Pat = Compressing }).IsRefusedBy("BIND-094", "pat_index", 2);
        Check(Map, bo with { Pat = Compressing, Profile = XeProfile.SeedOpen }).IsAccepted();
        Check(Map, WriteCombined with { Pat = Compressing }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-095")]
    public void Example_19_the_range_lies_inside_the_BO()
    {
        Check(Map with { Range = Size }, WriteCombined).IsAccepted();
        Check(Map with { Range = 0x40_0000 }, WriteCombined).IsRefusedBy("BIND-095", "range", 0x40_0000);
        Check(Map with { Range = Size, ObjOffset = 0x1000 }, WriteCombined).IsRefusedBy("BIND-095", "obj_offset", 0x1000);
        Check(Map with { Range = 0x1000, ObjOffset = ulong.MaxValue - 0xfff }, WriteCombined)
            .IsRefusedBy("BIND-095", "obj_offset", ulong.MaxValue - 0xfff);
    }

    [Fact]
    [Rule("BIND-038")]
    public void A_private_BO_is_bound_only_in_its_own_VM()
    {
        Check(Map, WriteCombined with { IsForeignPrivate = true }).IsRefusedBy("BIND-038", "obj", 1);
        Check(UnmapAll, WriteCombined with { IsForeignPrivate = true }).IsRefusedBy("BIND-038", "obj", 1);
    }

    [Fact]
    [Rule("BIND-038")]
    public void The_owner_of_a_private_BO_is_asked_right_after_its_size()
    {
        var bo = Internal64K with { IsForeignPrivate = true };
        Check(Map with { Range = 0x40_0000 }, bo).IsRefusedBy("BIND-095", "range", 0x40_0000);
        Check(Map with { Addr = 0x1000 }, bo).IsRefusedBy("BIND-038", "obj", 1);
    }

    [Fact]
    [Rule("BIND-096")]
    public void VRAM_of_a_64K_device_is_bound_in_multiples_of_64_KiB()
    {
        Check(Map, Internal64K).IsAccepted();
        Check(Map with { ObjOffset = 0x1000 }, Internal64K).IsRefusedBy("BIND-096", "obj_offset", 0x1000);
        Check(Map with { Addr = 0x1_0000_1000 }, Internal64K).IsRefusedBy("BIND-096", "addr", 0x1_0000_1000);
        Check(Map with { Range = 0x1_1000 }, Internal64K).IsRefusedBy("BIND-096", "range", 0x1_1000);
        Check(Map with { Range = 0x1_1000 }, Internal64K with { VmNeeds64K = false }).IsAccepted();
        Check(Map with { Range = 0x1_1000 }, Internal64K with { Is64KInternal = false }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-097")]
    [Rule("PT-047")]
    public void Example_19_a_write_back_BO_needs_a_coherent_PAT_entry()
    {
        Check(Map, WriteBack).IsAccepted();
        Check(Map with { PatIndex = 0 }, WriteBack with { Pat = Incoherent }).IsRefusedBy("BIND-097", "pat_index", 0);
        Check(Map, WriteCombined with { Pat = Incoherent }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-098")]
    [Rule("PT-047")]
    public void An_imported_BO_needs_a_coherent_PAT_entry()
    {
        Check(Map, Imported).IsAccepted();
        Check(Map, Imported with { Pat = Incoherent }).IsRefusedBy("BIND-098", "pat_index", 2);
    }

    [Fact]
    [Rule("BIND-099")]
    [Rule("PT-047")]
    public void An_imported_BO_cannot_be_bound_compressed() =>
        Check(Map, Imported with { Pat = Compressing }).IsRefusedBy("BIND-099", "pat_index", 2);

    [Fact]
    [Rule("BIND-100")]
    public void Stale_protected_content_is_refused_when_the_caller_asks()
    {
        var stale = WriteCombined with { IsProtected = true, KeyStale = true };
        var checking = Map with { Flags = VmBindFlags.CheckPxp };
        Check(checking, stale).IsRefusedBy("BIND-100", "obj", 1, Errno.ENOEXEC);
        Check(Map, stale).IsAccepted();
        Check(checking, stale with { KeyStale = false }).IsAccepted();
        Check(checking, stale with { IsProtected = false }).IsAccepted();
        Check(UnmapAll with { Flags = VmBindFlags.CheckPxp }, stale).IsAccepted();
        Check(checking, stale with { Profile = XeProfile.SeedOpen }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-101")]
    public void UNMAP_ALL_passes_the_same_checks_with_an_empty_range()
    {
        Check(UnmapAll with { PatIndex = 0 }, WriteBack with { Pat = Incoherent }).IsRefusedBy("BIND-097", "pat_index", 0);
        Check(UnmapAll with { ObjOffset = Size }, WriteCombined).IsAccepted();
        Check(UnmapAll with { ObjOffset = Size + 0x1000 }, WriteCombined).IsRefusedBy("BIND-095", "obj_offset", Size + 0x1000);
    }

    private static Rejection Check(in DrmXeVmBindOp op, in BindBoCheckContext bo) => VmBindBoChecks.Validate(in op, in bo);
}
