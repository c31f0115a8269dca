using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

/// <summary>Argument checks of DEVICE_QUERY, MADVISE and VM_QUERY_MEM_RANGE_ATTRS.</summary>
public class QueryChecksTests
{
    private static readonly DrmXeMadvise Advice = new() { Start = 0x1000, Range = 0x1000, VmId = 1, Extensions = 1 };
    private static readonly DrmXeVmQueryMemRangeAttr Count = new() { VmId = 1, Start = 0x1000, Range = 0x1000 };
    private static readonly DrmXeVmQueryMemRangeAttr Fill =
        Count with { NumMemRanges = 2, SizeofMemRangeAttr = 64, VectorOfMemAttr = 0x1000 };

    [Fact]
    [Rule("UAPI-010")]
    [Rule("UAPI-002")]
    [Rule("RN-022")]
    public void DEVICE_QUERY_checks_in_the_order_of_the_specification()
    {
        var query = new DrmXeDeviceQuery { Extensions = 1, Query = (DeviceQueryId)11 };
        query.Reserved[1] = 2;
        DeviceQueryChecks.Validate(query).IsRefusedBy("UAPI-010", "extensions", 1);
        DeviceQueryChecks.Validate(query = query with { Extensions = 0 }).IsRefusedBy("UAPI-010", "reserved", 2);
        DeviceQueryChecks.Validate(query = query with { Reserved = default }).IsRefusedBy("UAPI-010", "query", 11);
        DeviceQueryChecks.Validate(query with { Query = DeviceQueryId.EuStall }).IsAccepted();
    }

    [Fact]
    [Rule("MADV-011")]
    [Rule("UAPI-030")]
    [Rule("UAPI-003")]
    public void MADVISE_wants_whole_pages()
    {
        Check(Advice).IsAccepted();
        Check(Advice with { Start = 0x800 }).IsRefusedBy("MADV-011", "start", 0x800);
        Check(Advice with { Range = 0x1800 }).IsRefusedBy("MADV-011", "range", 0x1800);
        Check(Advice with { Range = 0 }).IsRefusedBy("MADV-011", "range", 0);
        Check(Advice with { Start = 0xffff_8000_0000_0000 }).IsAccepted();
    }

    [Fact]
    [Rule("MADV-012")]
    [Rule("UAPI-030")]
    public void MADVISE_location_is_a_file_or_a_default()
    {
        Check(Location(fd: 0)).IsAccepted();
        Check(Location(fd: -1)).IsAccepted();
        Check(Location(fd: 5, region: 1)).IsAccepted();
        Check(Location(fd: -2)).IsRefusedBy("MADV-012", "preferred_mem_loc.devmem_fd", 0xffff_fffe);
        Check(Location(fd: 0, region: 1)).IsRefusedBy("MADV-012", "preferred_mem_loc.region_instance", 1);
        Check(Location(fd: -1, region: 2)).IsRefusedBy("MADV-012", "preferred_mem_loc.region_instance", 2);
        Check(Location(fd: 0, policy: 2)).IsRefusedBy("MADV-012", "preferred_mem_loc.migration_policy", 2);
        Check(Location(fd: 0, reserved: 3)).IsRefusedBy("MADV-012", "preferred_mem_loc.reserved", 3);
    }

    [Fact]
    [Rule("MADV-013")]
    [Rule("UAPI-030")]
    public void MADVISE_atomic_has_four_values()
    {
        Check(Atomic(AtomicAccess.Cpu)).IsAccepted();
        Check(Atomic((AtomicAccess)4)).IsRefusedBy("MADV-013", "atomic.val", 4);
        Check(Atomic(0, pad: 5)).IsRefusedBy("MADV-013", "atomic.pad", 5);
        Check(Atomic(0, reserved: 6)).IsRefusedBy("MADV-013", "atomic.reserved", 6);
    }

    [Fact]
    [Rule("MADV-014")]
    [Rule("UAPI-030")]
    [Rule("PT-045")]
    public void MADVISE_PAT_index_is_valid_on_the_device()
    {
        Check(Pat(2)).IsAccepted();
        Check(Pat(BindSetting.PatCount)).IsRefusedBy("MADV-014", "pat_index.val", BindSetting.PatCount);
        Check(Pat(uint.MaxValue)).IsRefusedBy("MADV-014", "pat_index.val", uint.MaxValue);
        Check(Pat(17)).IsRefusedBy("MADV-014", "pat_index.val", 17);
        Check(Pat(2, pad: 3)).IsRefusedBy("MADV-014", "pat_index.pad", 3);
        Check(Pat(2, reserved: 4)).IsRefusedBy("MADV-014", "pat_index.reserved", 4);
    }

    [Fact]
    [Rule("MADV-015")]
    [Rule("MADV-004")]
    [Rule("UAPI-030")]
    public void MADVISE_has_three_attributes_and_zero_reserved_words()
    {
        Check(Advice with { Type = (MemRangeAttr)3 }).IsRefusedBy("MADV-015", "type", 3);
        var advice = Advice;
        advice.Reserved[1] = 7;
        Check(advice).IsRefusedBy("MADV-015", "reserved", 7);
        Check(advice with { Start = 1 }).IsRefusedBy("MADV-011", "start", 1);
    }

    [Fact]
    [Rule("BIND-275")]
    [Rule("UAPI-003")]
    public void VM_QUERY_MEM_RANGE_ATTRS_either_counts_or_fills()
    {
        MemRange(Count).IsAccepted();
        MemRange(Fill).IsAccepted();
        MemRange(Count with { VectorOfMemAttr = 0x1000 }).IsRefusedBy("BIND-275", "vector_of_mem_attr", 0x1000);
        MemRange(Count with { SizeofMemRangeAttr = 64 }).IsRefusedBy("BIND-275", "sizeof_mem_range_attr", 64);
        MemRange(Fill with { VectorOfMemAttr = 0 }).IsRefusedBy("BIND-275", "vector_of_mem_attr", 0);
        MemRange(Fill with { SizeofMemRangeAttr = 0 }).IsRefusedBy("BIND-275", "sizeof_mem_range_attr", 0);
        MemRange(Fill with { SizeofMemRangeAttr = 72 }).IsRefusedBy("BIND-275", "sizeof_mem_range_attr", 72);
        var unread = Count with { Extensions = 1 };
        unread.Reserved[0] = 1;
        MemRange(unread).IsAccepted();
    }

    private static DrmXeMadvise Location(int fd, ushort region = 0, ushort policy = 0, ulong reserved = 0) => Advice with
    {
        Type = MemRangeAttr.PreferredLoc,
        PreferredMemLoc =
            new() { DevmemFd = (uint)fd, RegionInstance = region, MigrationPolicy = (MigrationPolicy)policy, Reserved = reserved },
    };

    private static DrmXeMadvise Atomic(AtomicAccess value, uint pad = 0, ulong reserved = 0) =>
        Advice with { Type = MemRangeAttr.Atomic, Atomic = new() { Val = value, Pad = pad, Reserved = reserved } };

    private static DrmXeMadvise Pat(uint index, uint pad = 0, ulong reserved = 0) =>
        Advice with { Type = MemRangeAttr.Pat, PatIndex = new() { Val = index, Pad = pad, Reserved = reserved } };

    private static Rejection Check(in DrmXeMadvise advice) =>
        MadviseChecks.Validate(in advice, new MadviseCheckContext { Pat = new BindSetting().Pat });

    private static Rejection MemRange(in DrmXeVmQueryMemRangeAttr query) => VmQueryMemRangeAttrsChecks.Validate(in query);
}
