using XePt.Generators.ValidationRules;

namespace XePt.Generators.Tests.ValidationRules;

public class ValidationRulesGeneratorTests
{
    private const string Source = """
        using System;
        using XePt.Uapi;
        using XePt.Uapi.Checks;
        using XePt.Uapi.Spec;

        namespace Sample;

        [CName("drm_xe_arm")]
        public struct Arm { [CName("val")] public sbyte Val; }

        [CName("drm_xe_sample")]
        public struct Argument
        {
            [CName("pad")] public uint Pad;
            [CName("reserved")] public UInt64x3 Reserved;
            [CName("kind")] public Kind Kind;
            [CName("caching")] public CpuCaching Caching;
            [CName("name")] public uint Name;
            [CName("flags")] public Flags Flags;
            [CName("addr")] public ulong Addr;
            [CName("range")] public ulong Range;
            [CName("arm")] public Arm Arm;
        }

        public enum Kind : short { Zero, One, Two, AlsoTwo = Two }

        [Flags] public enum Flags : byte { None = 0, A = 1, D = 8 }

        public readonly ref struct Context { public ReadOnlySpan<int> Table { get; init; } }

        [CheckList(typeof(Argument), Context = typeof(Context))]
        [RefuseIf(10, "BIND-010", Errno.EOPNOTSUPP, "says \"no\" to <it>", "reserved", nameof(Never))]
        [RequireZero(1, "BIND-001", Errno.EINVAL, "must be zero", "pad", "reserved", "arm.val")]
        [RequireZero(2, "BIND-002", Errno.EINVAL, "must be zero", "reserved", When = nameof(IsBig))]
        [RequireAligned(3, "BIND-003", Errno.EINVAL, "must be aligned", 64 * 1024, "addr", "range", When = nameof(IsBig))]
        [RequireAtMost(4, "BIND-004", Errno.E2BIG, "too many", "pad", uint.MaxValue, ComparedWith = "most")]
        [RequireKnownValue(5, "UAPI-005", Errno.EINVAL, "no such kind", "kind")]
        [RequireKnownValue(6, "UAPI-006", Errno.EINVAL, "no such caching", "caching")]
        [RequireKnownValue(7, "UAPI-007", Errno.EINVAL, "no such name", "name", Among = typeof(Kind))]
        [RequireKnownFlags(8, "01 section 12", Errno.EINVAL, "no such flag", "flags")]
        [RefuseIf(9, "BIND-009", Errno.EINVAL, "is bad", "arm.val", nameof(Swapped),
            ComparedWith = "entries", Comparand = nameof(Entries))]
        public static partial class SampleChecks
        {
            private static bool IsBig(in Argument argument) => argument.Range > 9;
            private static bool Swapped(in Context context, in Argument argument) => context.Table.Length > argument.Arm.Val;
            private static ulong Entries(in Context context) => (ulong)context.Table.Length;
            private static bool Never() => false;
        }

        [CheckList(typeof(Argument))]
        internal static partial class NoChecks;

        [CheckList(typeof(Argument), Selector = "kind")]
        [RefuseIf(1, "BIND-001", Errno.EINVAL, "is bad", "flags", nameof(Both))]
        [RequireZero(2, "BIND-002", Errno.EINVAL, "only One takes none", "pad", Only = Kind.One)]
        [RequireZero(3, "BIND-003", Errno.EINVAL, "all but Two take none", "range", Except = Kind.AlsoTwo, When = nameof(IsLong))]
        [RequireKnownValue(4, "BIND-004", Errno.EINVAL, "no such kind", "kind")]
        [RequireKnownValue(5, "BIND-005", Errno.EINVAL, "no such caching", "caching", Only = Kind.Two)]
        internal static partial class SelectedChecks
        {
            [CheckFact] private static Flags Known(in Argument argument) => argument.Flags & Flags.A;
            [CheckFact] private static long Length(in Argument argument) => (long)argument.Range;
            private static bool Both(Flags flags, long length) => flags != 0 && length != 0;
            private static bool IsLong(in Argument argument, long length) => length > 0;
        }

        internal static partial class Refused
        {
            [Refusal("PT-080", Errno.ENOMEM, "range", "no <memory> & no \"time\"")]
            public static partial Rejection Memory(ulong value);

            [Refusal("BIND-220", Errno.ENOSPC, "flags", "injected")]
            internal static partial Rejection Injected();

            [Refusal("UAPI-011", Errno.EINVAL, "size", "neither 0 nor the size", ComparedWith = "size of the answer")]
            public static partial Rejection Size(ulong value, ulong answerBytes);
        }

        [CheckCatalog]
        internal static partial class Catalog;
        """;

    [Fact]
    public void Output_is_as_recorded() =>
        GeneratorHarness.Run(new ValidationRulesGenerator(), Source).AssertClean().AssertGolden("Sample");

    [Fact]
    public void A_number_selects_as_the_enum_that_it_stands_for()
    {
        const string list = """
            using XePt.Uapi;
            using XePt.Uapi.Spec;

            namespace N;

            [CName("drm_xe_sample")]
            public struct Argument { [CName("name")] public uint Name; [CName("pad")] public uint Pad; }

            [CheckList(typeof(Argument), Selector = "name", SelectorType = typeof(CpuCaching))]
            [RequireZero(1, "BIND-001", Errno.EINVAL, "takes none", "pad", Only = CpuCaching.WriteBack)]
            public static partial class C;
            """;
        var run = GeneratorHarness.Run(new ValidationRulesGenerator(), list).AssertClean();
        Assert.Contains(
            "if ((global::XePt.Uapi.CpuCaching)argument.Name == global::XePt.Uapi.CpuCaching.WriteBack)",
            Assert.Single(run.Sources).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() =>
        GeneratorHarness.AssertSecondRunIsCached(new ValidationRulesGenerator(), Source);

    [Fact]
    public void Refusals_of_one_class_may_stand_in_several_files()
    {
        var run = GeneratorHarness.Run(new ValidationRulesGenerator(), Refusal("One"), Refusal("Two")).AssertClean();
        var (_, text) = Assert.Single(run.Sources);
        Assert.Contains("One(", text, StringComparison.Ordinal);
        Assert.Contains("Two(", text, StringComparison.Ordinal);

        static string Refusal(string name) => $$"""
            using XePt.Uapi;
            using XePt.Uapi.Spec;

            namespace N;

            public static partial class C
            {
                [Refusal("BIND-001", Errno.EINVAL, "f", "s")]
                public static partial Rejection {{name}}(ulong value);
            }
            """;
    }

    [Fact]
    public void A_project_without_checks_gets_no_output() =>
        Assert.Empty(GeneratorHarness.Run(new ValidationRulesGenerator(), "class Other;").AssertClean().Sources);
}
