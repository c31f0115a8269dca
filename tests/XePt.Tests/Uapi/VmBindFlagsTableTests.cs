using System.Globalization;
using XePt.Tests.Checks;
using XePt.Uapi;

namespace XePt.Tests.Uapi;

/// <summary>The flags of VM_BIND and where they may stand, against the Flags table of section 7.</summary>
public class VmBindFlagsTableTests
{
    /// <summary>One row; bits are null where the profile does not know the flag.</summary>
    private sealed record Row(string Name, uint FinalBit, uint? SeedBit, bool MapOnly, bool WithMirror, bool FaultOnly);

    private static readonly List<Row> Rows = ReadRows().ToList();

    public static TheoryData<XeProfile> Profiles => new(Enum.GetValues<XeProfile>());

    [Fact]
    public void The_specification_lists_as_many_flags_as_the_header_has() =>
        Assert.Equal(VmBindFlagsTable.Names.Length - 1, Rows.Count);

    [Theory]
    [Rule("BIND-072")]
    [MemberData(nameof(Profiles))]
    public void Supported_flags_are_those_that_the_profile_has_a_bit_for(XeProfile profile)
    {
        var expected = Rows.Where(row => RawBit(row, profile) is not null).Aggregate(0u, (mask, row) => mask | row.FinalBit);
        Assert.Equal((VmBindFlags)expected, VmBindFlagsTable.Supported(profile));
    }

    [Theory]
    [Rule("BIND-072")]
    [MemberData(nameof(Profiles))]
    public void A_raw_bit_becomes_the_flag_that_has_it_or_stays_unknown(XeProfile profile)
    {
        for (var bit = 1u; bit != 0; bit <<= 1)
        {
            var flag = VmBindFlagsTable.Normalize(bit, profile);
            if (Rows.SingleOrDefault(row => RawBit(row, profile) == bit) is { } row)
                Assert.Equal((VmBindFlags)row.FinalBit, flag);
            else
                Assert.Equal(VmBindFlags.None, flag & VmBindFlagsTable.Supported(profile));
            Assert.Equal(1u, uint.PopCount((uint)flag));
            Assert.Equal(bit, VmBindFlagsTable.ToRaw(flag, profile));
        }
    }

    [Fact]
    public void Normalising_a_word_normalises_each_bit() => Assert.All(
        Enum.GetValues<XeProfile>(),
        profile =>
        {
            for (var raw = 0u; raw < 256; raw++)
            {
                var byBit = VmBindFlags.None;
                for (var bit = 1u; bit < 256; bit <<= 1)
                    byBit |= VmBindFlagsTable.Normalize(raw & bit, profile);
                Assert.Equal(byBit, VmBindFlagsTable.Normalize(raw, profile));
                Assert.Equal(raw, VmBindFlagsTable.ToRaw(byBit, profile));
            }
        });

    [Fact]
    public void Normalising_keeps_the_injection_bit() => Assert.All(
        Enum.GetValues<XeProfile>(), profile => Assert.Equal(VmBindFlags.ForceOpError, VmBindFlagsTable.Normalize(1u << 31, profile)));

    [Fact]
    [Rule("BIND-067")]
    [Rule("BIND-068")]
    [Rule("BIND-075")]
    [Rule("BIND-088")]
    public void Every_combination_of_two_flags_op_mode_and_profile_is_judged_as_the_table_says()
    {
        var cases =
            from first in Rows
            from second in Rows
            from op in Enum.GetValues<VmBindOp>()
            from mode in Enum.GetValues<VmMode>()
            from profile in Enum.GetValues<XeProfile>()
            select (first, second, op, mode, profile);
        foreach (var (first, second, op, mode, profile) in cases)
        {
            var flags = (VmBindFlags)(first.FinalBit | second.FinalBit);
            var expected = Accepts(first, flags, op, mode, profile) && Accepts(second, flags, op, mode, profile);
            var why = new BindSetting { Mode = mode, Profile = profile }.Check(WellFormed(op, flags, profile));
            Assert.True(expected != why.IsRejected, $"{flags} with {op} in {mode}, {profile}: {why}");
        }
    }

    [Fact]
    public void Debug_flags_are_outside_every_profile()
    {
        Assert.Equal(VmBindFlags.ForceOpError, VmBindFlagsTable.DebugBuildOnly);
        Assert.All(Enum.GetValues<XeProfile>(),
            profile => Assert.Equal(VmBindFlags.None, VmBindFlagsTable.Supported(profile) & VmBindFlags.ForceOpError));
        Assert.NotEqual(VmBindFlags.None, VmBindFlagsTable.Known & VmBindFlags.ForceOpError);
    }

    [Fact]
    public void The_mirror_configuration_flag_exists_in_the_final_profile_only()
    {
        Assert.Equal(ConfigFlagsTable.Known, ConfigFlagsTable.Supported(XeProfile.Final));
        Assert.Equal(ConfigFlagsTable.Known & ~ConfigFlags.HasCpuAddrMirror, ConfigFlagsTable.Supported(XeProfile.SeedOpen));
    }

    private static bool Accepts(Row row, VmBindFlags flags, VmBindOp op, VmMode mode, XeProfile profile) =>
        RawBit(row, profile) is not null
        && (!row.MapOnly || op == VmBindOp.Map)
        && (!row.WithMirror || (flags & VmBindFlags.CpuAddrMirror) != 0)
        && (!row.FaultOnly || mode == VmMode.Fault)
        && (row.FinalBit != (uint)VmBindFlags.CpuAddrMirror || profile != XeProfile.SeedGated);

    /// <summary>An op about which everything is right but, perhaps, its flags.</summary>
    private static DrmXeVmBindOp WellFormed(VmBindOp kind, VmBindFlags flags, XeProfile profile)
    {
        var op = kind switch
        {
            VmBindOp.Map => BindSetting.Map,
            VmBindOp.Unmap => BindSetting.Unmap,
            VmBindOp.MapUserptr => BindSetting.MapUserptr,
            VmBindOp.UnmapAll => BindSetting.UnmapAll,
            _ => BindSetting.Prefetch,
        };
        var isBacked = (flags & (VmBindFlags.Null | VmBindFlags.CpuAddrMirror)) == 0;
        return op with
        {
            Obj = isBacked ? op.Obj : 0,
            ObjOffset = isBacked ? op.ObjOffset : 0,
            Flags = (VmBindFlags)VmBindFlagsTable.ToRaw(flags, profile),
        };
    }

    private static uint? RawBit(Row row, XeProfile profile) => profile == XeProfile.Final ? row.FinalBit : row.SeedBit;

    private static IEnumerable<Row> ReadRows()
    {
        foreach (var cells in SpecificationTables.Rows)
        {
            if (cells is not [var name, ..] || !name.StartsWith("DRM_XE_VM_BIND_FLAG_", StringComparison.Ordinal))
                continue;
            var final = Bit(cells[1]);
            uint? seed = cells[2] == "same" ? final : cells[2].StartsWith("unknown", StringComparison.Ordinal) ? null : Bit(cells[2]);
            yield return new Row(
                name.Split('`')[0],
                final,
                seed,
                cells[3].StartsWith("MAP ", StringComparison.Ordinal) && cells[3].EndsWith("else -EINVAL", StringComparison.Ordinal),
                cells[3].Contains("together with CPU_ADDR_MIRROR", StringComparison.Ordinal),
                cells[4].StartsWith("FAULT_MODE", StringComparison.Ordinal));
        }
    }

    private static uint Bit(string cell) => 1u << int.Parse(cell.Trim('*')["1<<".Length..], CultureInfo.InvariantCulture);
}
