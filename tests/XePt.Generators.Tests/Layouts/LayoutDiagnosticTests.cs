using XePt.Generators.Layouts;

namespace XePt.Generators.Tests.Layouts;

public class LayoutDiagnosticTests
{
    private const string Explicit16 = "[UapiStruct(Size = 16)] [StructLayout(LayoutKind.Explicit, Size = 16)]";

    [Theory]
    [InlineData("[StructLayout(LayoutKind.Sequential, Size = 8)] public struct S")]
    [InlineData("[StructLayout(LayoutKind.Explicit, Size = 12)] public struct S")]
    [InlineData("[StructLayout(LayoutKind.Explicit, Size = 8)] public struct S<T>")]
    [InlineData("public struct S")]
    public void XEPT0101_struct_is_not_explicit_or_generic(string declaration) =>
        Run($"[UapiStruct(Size = 8)] {declaration} {{ [CName(\"a\"), FieldOffset(0)] public ulong A; }}").AssertDiagnostic("XEPT0101", "S");

    [Fact]
    public void XEPT0102_field_without_offset() =>
        Run($"{Explicit16} public struct S {{ [CName(\"a\")] public ulong A; }}").AssertDiagnostic("XEPT0102", "A");

    [Fact]
    public void XEPT0103_field_without_C_name() =>
        Run($"{Explicit16} public struct S {{ [FieldOffset(0)] public ulong A; }}").AssertDiagnostic("XEPT0103", "A");

    [Theory]
    [InlineData("ulong", 8)]
    [InlineData("uint", 4)]
    public void XEPT0104_declared_size_is_not_where_the_fields_end(string type, int end)
    {
        var message = Run(StructWithOne(type)).AssertDiagnostic("XEPT0104", "S");
        Assert.Equal($"'S' declares 16 bytes but its fields end at {end}", message);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(", Union(\"one\")", "")]
    [InlineData("", ", Union(\"one\")")]
    [InlineData(", Union(\"one\")", ", Union(\"two\")")]
    public void XEPT0105_fields_overlap_outside_one_union(string first, string second)
    {
        var message = Run($$"""
            {{Explicit16}} public struct S
            {
                [CName("a"), FieldOffset(0){{first}}] public UInt64x2 A;
                [CName("b"), FieldOffset(8){{second}}] public uint B;
            }
            """).AssertDiagnostic("XEPT0105", "B");
        Assert.StartsWith("'B' overlaps 'A' at byte 8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0106_bytes_that_no_field_covers()
    {
        var message = Run($$"""
            {{Explicit16}} public struct S
            {
                [CName("a"), FieldOffset(0)] public uint A;
                [CName("b"), FieldOffset(8)] public ulong B;
            }
            """).AssertDiagnostic("XEPT0106", "B");
        Assert.Equal("No field covers the bytes [4, 8) before 'B'", message);
    }

    [Theory]
    [InlineData("bool")]
    [InlineData("char")]
    [InlineData("string")]
    [InlineData("nint")]
    [InlineData("System.Guid")]
    public void XEPT0107_field_has_no_fixed_layout_in_C(string type) =>
        Run(StructWithOne(type)).AssertDiagnostic("XEPT0107", "A");

    [Fact]
    public void XEPT0107_flexible_array_of_something_without_a_layout() =>
        Run("[FlexibleArray(\"rest\", typeof(string))] " + StructWithOne("UInt64x2"))
            .AssertDiagnostic("XEPT0107", "FlexibleArray(\"rest\", typeof(string))");

    [Theory]
    [InlineData(-1)]
    [InlineData(0x60)]
    public void XEPT0108_ioctl_number_outside_the_drivers_range(int number) =>
        Run(Ioctl(number) + StructWithOne("UInt64x2"))
            .AssertDiagnostic("XEPT0108", $"Ioctl({number}, IoctlDirection.Write, \"DRM_IOCTL_XE_S\")");

    [Theory]
    [InlineData(-1)]
    [InlineData(0x40)]
    [InlineData(0x9f)]
    [InlineData(0x100)]
    public void XEPT0108_core_ioctl_number_inside_the_drivers_range_or_beyond_a_byte(int number) =>
        Run($"[CoreIoctl({number}, IoctlDirection.ReadWrite, \"DRM_IOCTL_S\")]" + StructWithOne("UInt64x2"))
            .AssertDiagnostic("XEPT0108", $"CoreIoctl({number}, IoctlDirection.ReadWrite, \"DRM_IOCTL_S\")");

    [Fact]
    public void XEPT0110_core_ioctl_number_used_twice() => Run($$"""
        [CoreIoctl(0xc4, IoctlDirection.ReadWrite, "DRM_IOCTL_S")] [CoreIoctl(0xc4, IoctlDirection.ReadWrite, "DRM_IOCTL_T")]
        [CName("s")] {{StructWithOne("UInt64x2")}}
        """).AssertDiagnostic("XEPT0110", "S");

    [Fact]
    public void XEPT0108_argument_larger_than_14_bits() => Run($$"""
        [System.Runtime.CompilerServices.InlineArray(2048)] public struct Large { private ulong _first; }
        {{Ioctl(1)}} [UapiStruct(Size = 16384)] [StructLayout(LayoutKind.Explicit, Size = 16384)]
        public struct S { [CName("a"), FieldOffset(0)] public Large A; }
        """).AssertDiagnostic("XEPT0108", "Ioctl(1, IoctlDirection.Write, \"DRM_IOCTL_XE_S\")");

    [Fact]
    public void XEPT0109_C_name_declared_twice() => Run($$"""
        {{Explicit16}} [CName("x")] public struct S { [CName("a"), FieldOffset(0)] public UInt64x2 A; }
        [UapiConstants] public static class C { [CName("x")] public const int X = 1; }
        """).AssertDiagnostic("XEPT0109", "X");

    [Fact]
    public void XEPT0110_ioctl_number_used_twice()
    {
        var message = Run($$"""
            {{Ioctl(3)}} [CName("s")] {{StructWithOne("UInt64x2")}}
            {{Ioctl(3, "DRM_IOCTL_XE_T")}} [CName("t")] {{StructWithOne("UInt64x2", "T")}}
            """).AssertDiagnostic("XEPT0110", "T");
        Assert.Equal("ioctl number 3 already belongs to 'DRM_IOCTL_XE_S'", message);
    }

    [Fact]
    public void XEPT0111_field_that_a_C_compiler_would_move() => Run($$"""
        {{Explicit16}} public struct S
        {
            [CName("a"), FieldOffset(0)] public uint A;
            [CName("b"), FieldOffset(4)] public ulong B;
            [CName("c"), FieldOffset(12)] public uint C;
        }
        """).AssertDiagnostic("XEPT0111", "B");

    private static string Ioctl(int number, string name = "DRM_IOCTL_XE_S") => $"[Ioctl({number}, IoctlDirection.Write, \"{name}\")]";

    private static string StructWithOne(string fieldType, string name = "S") =>
        $"{Explicit16} public struct {name} {{ [CName(\"a\"), FieldOffset(0)] public {fieldType} A; }}";

    private static GeneratorRun Run(string declarations) => GeneratorHarness.Run(new LayoutsGenerator(), $"""
        using System.Runtime.InteropServices;
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        {declarations}
        """);
}
