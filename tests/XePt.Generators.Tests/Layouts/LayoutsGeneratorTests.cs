using XePt.Generators.Layouts;

namespace XePt.Generators.Tests.Layouts;

public class LayoutsGeneratorTests
{
    private const string Source = """
        using System.Runtime.InteropServices;
        using XePt.Uapi.Spec;

        namespace Sample;

        [CName("drm_xe_sample")]
        [Ioctl(0x05, IoctlDirection.Write, "DRM_IOCTL_XE_SAMPLE")]
        [FlexibleArray("rest_of_it", typeof(ulong))]
        [UapiStruct(Size = 40)]
        [StructLayout(LayoutKind.Explicit, Size = 40)]
        public partial struct Sample
        {
            [CName("kind"), FieldOffset(0)] public Kind Kind;
            [CName("pad"), FieldOffset(2)] public Pad Pad;
            [CName("handle"), FieldOffset(8), Union("object")] public uint Handle;
            [CName("addr"), FieldOffset(8), Union("object")] public ulong Addr;
            [CName("loc"), FieldOffset(16)] public Anonymous Loc;
            [CName("named"), FieldOffset(24)] public Named Named;
        }

        [UapiStruct(Size = 8)]
        [StructLayout(LayoutKind.Explicit, Size = 8)]
        public partial struct Anonymous
        {
            [CName("fd"), FieldOffset(0)] public int Fd;
            [CName("reserved"), FieldOffset(4)] public uint Reserved;
        }

        [CName("drm_xe_named")]
        [CoreIoctl(0xc5, IoctlDirection.ReadWrite, "DRM_IOCTL_NAMED_SIGNAL")]
        [CoreIoctl(0xc4, IoctlDirection.ReadWrite, "DRM_IOCTL_NAMED_RESET")]
        [UapiStruct(Size = 16)]
        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public partial struct Named
        {
            [CName("start"), FieldOffset(0)] public ulong Start;
            [CName("end"), FieldOffset(8)] public ulong End;
        }

        [System.Runtime.CompilerServices.InlineArray(3)]
        public struct Pad { private ushort _first; }

        [FlagTable("DRM_XE_KIND_")]
        public enum Kind : ushort
        {
            [CName("DRM_XE_KIND_ONE")] One = 1,
            [CName("KIND_INTERNAL"), DebugBuildOnly] Internal = 7,
        }

        // What the generator of flag tables makes.
        public static class KindTable { public static System.ReadOnlySpan<XePt.Uapi.Text.FlagName> Names => default; }

        [UapiConstants]
        public static class Numbers
        {
            [CName("DRM_XE_MINUS_ONE")] public const int MinusOne = -1;
            [CName("DRM_XE_TOP_BIT")] public const ulong TopBit = 1ul << 63;
            public const int Unnamed = 2;
        }
        """;

    [Fact]
    public void Output_is_as_recorded() => GeneratorHarness.Run(new LayoutsGenerator(), Source).AssertClean().AssertGolden("Sample");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() => GeneratorHarness.AssertSecondRunIsCached(new LayoutsGenerator(), Source);

    [Fact]
    public void Arrays_are_as_recorded()
    {
        const string Arrays = """
            using System.Runtime.InteropServices;
            using XePt.Uapi.Checks;
            using XePt.Uapi.Spec;

            namespace Sample;

            [CName("drm_xe_arrays")]
            [UapiStruct(Size = 32)]
            [StructLayout(LayoutKind.Explicit, Size = 32)]
            public partial struct Arrays
            {
                [CName("width"), FieldOffset(0)] public ushort Width;
                [CName("height"), FieldOffset(2)] public ushort Height;
                [CName("count"), FieldOffset(4)] public uint Count;
                [CName("places"), FieldOffset(8)]
                [UserArray(typeof(uint), nameof(Width), nameof(Height), Most = 9)]
                public ulong Places;
                [CName("items"), FieldOffset(16)]
                [UserArray(typeof(ulong), nameof(Count), Most = 8, OneIsInline = true,
                    TooMany = nameof(Refusals.VmBindVectorIsTooLarge), Unreadable = nameof(Refusals.VmBindVectorIsUnreadable))]
                public ulong Items;
                [CName("points"), FieldOffset(24)]
                [UserArray(typeof(ulong), nameof(Count), Most = 8, MayBeAbsent = true,
                    Unreadable = nameof(Refusals.SyncobjPointsAreUnreadable))]
                public ulong Points;
            }
            """;
        GeneratorHarness.Run(new LayoutsGenerator(), Arrays).AssertClean().AssertGolden("Arrays");
        GeneratorHarness.AssertSecondRunIsCached(new LayoutsGenerator(), Arrays);
    }

    [Fact]
    public void A_project_without_structs_gets_no_output() =>
        Assert.Empty(GeneratorHarness.Run(new LayoutsGenerator(), "class Other;").AssertClean().Sources);
}
