using XePt.Uapi;
using XePt.Uapi.Text;

namespace XePt.Tests.Uapi;

public class FlagTextTests
{
    private const int LongestText = 256;

    [Theory]
    [InlineData(VmBindFlags.None, "none")]
    [InlineData(VmBindFlags.ReadOnly, "READONLY")]
    [InlineData(VmBindFlags.CpuAddrMirror | VmBindFlags.MadviseAutoreset, "CPU_ADDR_MIRROR|MADVISE_AUTORESET")]
    [InlineData(VmBindFlags.Null | (VmBindFlags)0x300, "NULL|0x300")]
    [InlineData((VmBindFlags)0x80, "0x80")]
    public void Flags_are_written_as_short_names_and_the_unnamed_rest(VmBindFlags value, string text) => Assert.Equal(text, Format(value));

    [Theory]
    [InlineData("DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR", VmBindFlags.CpuAddrMirror)]
    [InlineData("drm_xe_vm_bind_flag_null", VmBindFlags.Null)]
    [InlineData("CPU_ADDR_MIRROR", VmBindFlags.CpuAddrMirror)]
    [InlineData("CpuAddrMirror", VmBindFlags.CpuAddrMirror)]
    [InlineData("cpuaddrmirror|READONLY", VmBindFlags.CpuAddrMirror | VmBindFlags.ReadOnly)]
    [InlineData(" NULL | 0x300 | 1 ", VmBindFlags.Null | (VmBindFlags)0x301)]
    [InlineData("NULL|NULL", VmBindFlags.Null)]
    [InlineData("0XfFfFfFfF", (VmBindFlags)uint.MaxValue)]
    [InlineData("32", VmBindFlags.CpuAddrMirror)]
    [InlineData("0", VmBindFlags.None)]
    [InlineData("None", VmBindFlags.None)]
    public void Flags_are_read_by_any_name_or_number(string text, VmBindFlags value)
    {
        Assert.True(VmBindFlagsTable.TryParse(text, out var parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("|")]
    [InlineData("NULL|")]
    [InlineData("NULL|none")]
    [InlineData("NULL|SPARSE")]
    [InlineData("NULL,READONLY")]
    [InlineData("VM_BIND_FLAG_NULL")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("0x")]
    [InlineData("0x 1")]
    [InlineData("0x-1")]
    [InlineData("0x100000000")]
    [InlineData("4294967296")]
    [InlineData("18446744073709551616")]
    [InlineData("0x10000000000000000")]
    public void Text_that_is_no_flag_word_is_refused(string text)
    {
        Assert.False(VmBindFlagsTable.TryParse(text, out var parsed));
        Assert.Equal(VmBindFlags.None, parsed);
    }

    [Theory]
    [InlineData("PREFETCH", VmBindOp.Prefetch)]
    [InlineData("UnmapAll", VmBindOp.UnmapAll)]
    [InlineData("drm_xe_vm_bind_op_map", VmBindOp.Map)]
    [InlineData("0x7", (VmBindOp)7)]
    public void A_value_is_read_by_any_name_or_number(string text, VmBindOp value)
    {
        Assert.True(VmBindOpTable.TryParse(text, out var parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("MAP|UNMAP")]
    [InlineData("none")]
    [InlineData("")]
    public void A_value_is_not_a_list(string text) => Assert.False(VmBindOpTable.TryParse(text, out _));

    [Fact]
    public void A_number_must_fit_the_underlying_type()
    {
        Assert.True(SyncTypeTable.TryParse("65536", out _));
        Assert.True(CpuCachingTable.TryParse("65535", out _));
        Assert.False(CpuCachingTable.TryParse("65536", out _));
        Assert.True(ConfigFlagsTable.TryParse("0xffffffffffffffff", out var all));
        Assert.Equal(ulong.MaxValue, (ulong)all);
    }

    [Fact]
    public void Known_values_are_those_with_a_name()
    {
        Assert.All(Enum.GetValues<VmBindOp>(), op => Assert.True(VmBindOpTable.IsKnown(op)));
        Assert.False(VmBindOpTable.IsKnown((VmBindOp)5));
        Assert.False(CpuCachingTable.IsKnown(0));
        Assert.False(CpuCachingTable.IsKnown((CpuCaching)3));
    }

    [Fact]
    public void Every_flag_word_survives_writing_and_reading()
    {
        for (var word = 0u; word < 512; word++)
        {
            var flags = (VmBindFlags)(word | (word << 25));
            Assert.True(VmBindFlagsTable.TryParse(Format(flags), out var parsed));
            Assert.Equal(flags, parsed);
        }
    }

    [Fact]
    public void Every_name_of_every_value_reads_back_as_the_value()
    {
        Span<char> buffer = stackalloc char[LongestText];
        foreach (var op in Enum.GetValues<VmBindOp>())
        {
            Assert.True(VmBindOpTable.TryFormat(op, buffer, out var length));
            Assert.True(VmBindOpTable.TryParse(buffer[..length], out var parsed));
            Assert.Equal(op, parsed);
        }

        foreach (var name in ExecQueuePropertyTable.Names)
        {
            foreach (var text in new[] { name.CName, name.ShortName, name.Name })
            {
                Assert.True(ExecQueuePropertyTable.TryParse(text, out var parsed));
                Assert.Equal((ExecQueueProperty)name.Value, parsed);
            }
        }
    }

    [Fact]
    public void A_destination_that_is_too_short_is_refused_at_every_length()
    {
        const VmBindFlags flags = VmBindFlags.ReadOnly | VmBindFlags.CheckPxp | (VmBindFlags)0x100;
        var full = Format(flags);
        Span<char> text = stackalloc char[full.Length];
        for (var length = 0; length < full.Length; length++)
        {
            Assert.False(VmBindFlagsTable.TryFormat(flags, text[..length], out var written));
            Assert.Equal(0, written);
        }

        Assert.True(VmBindFlagsTable.TryFormat(flags, text, out _));
        Assert.False(VmBindOpTable.TryFormat(VmBindOp.Map, text[..2], out _));
        Assert.False(VmBindOpTable.TryFormat((VmBindOp)9, text[..2], out _));
    }

    [Fact]
    public void Writing_and_reading_allocate_nothing()
    {
        Span<char> text = stackalloc char[LongestText];
        Assert.True(WriteAndRead(text));
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = WriteAndRead(text);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static bool WriteAndRead(Span<char> text) =>
        VmBindFlagsTable.TryFormat((VmBindFlags)0xffu, text, out var length)
        && VmBindFlagsTable.TryParse(text[..length], out _)
        && VmBindOpTable.TryFormat(VmBindOp.Prefetch, text, out length)
        && VmBindOpTable.TryParse(text[..length], out _);

    private static string Format(VmBindFlags value)
    {
        Span<char> text = stackalloc char[LongestText];
        Assert.True(VmBindFlagsTable.TryFormat(value, text, out var length));
        return text[..length].ToString();
    }
}
