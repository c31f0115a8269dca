using XePt.Generators.Ioctls;

namespace XePt.Generators.Tests.Ioctls;

public class IoctlEntryGeneratorTests
{
    private const string Declarations = """
        using System;
        using XePt.Uapi.Spec;

        namespace Sample;

        public struct Item { public ulong Value; }

        [Ioctl(0x05, IoctlDirection.Write, "DRM_IOCTL_XE_PUT_ITEMS")]
        public struct PutItems
        {
            public uint NumItems;
            [UserArray(typeof(Item), nameof(NumItems), Most = 64, OneIsInline = true)] public ulong Items;
            public int ItemsToRead => 0; // The layouts make these.
            public int PlacesToRead => 0;
            public ushort Width, Height;
            [UserArray(typeof(uint), nameof(Width), nameof(Height), Most = 9)] public ulong Places;
        }

        [CoreIoctl(0xc5, IoctlDirection.ReadWrite, "DRM_IOCTL_THING_SIGNAL")]
        [CoreIoctl(0xc4, IoctlDirection.ReadWrite, "DRM_IOCTL_THING_QUERY")]
        public struct Things
        {
            public uint Count;
            [UserArray(typeof(uint), nameof(Count), Most = 8)] public ulong Handles;
            [UserArray(typeof(ulong), nameof(Count), Most = 8, MayBeAbsent = true)] public ulong Points;
            public int HandlesToRead => 0;
            public int PointsToRead => 0;
        }

        [Ioctl(0x06, IoctlDirection.Write, "DRM_IOCTL_XE_ABSENT")]
        public struct Absent { public uint Pad; }
        """;

    private const string Entry = """
        using System;
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        internal static class RawArgument
        {
            public static void Read<T>(ReadOnlySpan<byte> argument, out T args) where T : unmanaged => args = default;
            public static void Write<T>(in T args, Span<byte> argument) where T : unmanaged { }
        }

        internal sealed class UserArrays : IDisposable
        {
            public static UserArrays Rent(object memory) => new();
            public ReadOnlySpan<T> Read<T>(ulong address, int all) => default;
            public void Dispose() { }
        }

        public sealed partial class Client
        {
            private object UserMemory => this;

            [IoctlEntry(typeof(Things), Without = new[] { "Absent" })]
            private partial Errno Run(uint request, Span<byte> argument);

            private Errno UnknownRequest(uint request) => Errno.EINVAL;

            private Errno BeforePutItems(in PutItems args) => Errno.Ok;

            public Errno PutItems(in PutItems args, ReadOnlySpan<uint> places, ReadOnlySpan<Item> items = default) => Errno.Ok;

            public Errno PutItems(in PutItems args, ReadOnlySpan<uint> places, out int more) { more = 0; return Errno.Ok; }

            public Errno ThingSignal(in Things args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points) => Errno.Ok;

            public Errno ThingSignal(params ReadOnlySpan<uint> handles) => Errno.Ok;

            public Errno ThingQuery(ref Things args, ReadOnlySpan<uint> handles, Span<ulong> points) => Errno.Ok;

            private Errno ThingQueryFromUser(ref Things args, ReadOnlySpan<uint> handles) => Errno.Ok;
        }
        """;

    [Fact]
    public void Output_is_as_recorded() => Run(Entry).AssertClean().AssertGolden("Sample");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() =>
        GeneratorHarness.AssertSecondRunIsCached(new IoctlEntryGenerator(), Declarations, Entry);

    [Fact]
    public void A_project_without_an_entry_gets_no_output() => Assert.Empty(Run("class Other;").AssertClean().Sources);

    [Theory]
    [InlineData("partial class C { [IoctlEntry(typeof(Things))] private int Run(uint request, System.Span<byte> argument) => 0; }")]
    [InlineData("partial class C { [IoctlEntry(typeof(Things))] private partial int Run(uint request); }")]
    [InlineData("partial class C { [IoctlEntry(typeof(Things))] private partial int Run(int request, System.Span<byte> argument); }")]
    [InlineData(
        "partial class C { [IoctlEntry(typeof(Things))] private partial int Run(uint request, System.ReadOnlySpan<byte> argument); }")]
    [InlineData("partial class C<T> { [IoctlEntry(typeof(Things))] private partial int Run(uint request, System.Span<byte> argument); }")]
    public void XEPT0601_the_entry_cannot_be_written(string source) =>
        Run($"using XePt.Uapi.Spec; namespace Sample; {source}").AssertDiagnostic("XEPT0601", "Run");

    [Fact]
    public void XEPT0602_a_declared_ioctl_without_handler_is_a_build_error()
    {
        var message = Run(Entry.Replace(", Without = new[] { \"Absent\" }", "", StringComparison.Ordinal))
            .AssertDiagnostic("XEPT0602", "Run");
        Assert.Equal(
            "'Run' has no handler for DRM_IOCTL_XE_ABSENT: add a method Absent or AbsentFromUser that takes Absent and spans of the " +
            "arrays it declares", message);
    }

    [Theory]
    [InlineData("in Things args, ReadOnlySpan<uint> handles, ReadOnlySpan<uint> points")]
    [InlineData("in Things args, ReadOnlySpan<long> points")]
    [InlineData("in Things args, Span<ulong> points")]
    [InlineData("in PutItems args")]
    [InlineData("")]
    public void XEPT0602_a_method_that_takes_something_else_is_no_handler(string parameters)
    {
        var source = Entry.Replace(
            "in Things args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points", parameters, StringComparison.Ordinal);
        Assert.Contains("DRM_IOCTL_THING_SIGNAL", Run(source).AssertDiagnostic("XEPT0602", "Run"), StringComparison.Ordinal);
    }

    private static GeneratorRun Run(string source) => GeneratorHarness.Run(new IoctlEntryGenerator(), Declarations, source);
}
