using XePt.Generators.OpDispatch;

namespace XePt.Generators.Tests.OpDispatch;

public class OpDispatchGeneratorTests
{
    private const string Source = """
        using System;
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        public ref struct Cursor { public Span<ulong> Entries; }

        public enum Kind : byte { Map = 1, Remap = 2, Unmap = 4, Remove = Unmap, @lock = 7 }

        [OpDispatch(typeof(VmBindOp))]
        internal static partial class BindOps
        {
            [HandlesOp(VmBindOp.Map)]
            [HandlesOp(VmBindOp.MapUserptr)]
            private static Errno Map(ref Cursor cursor, in DrmXeVmBindOp op) => Errno.Ok;

            [HandlesOp(VmBindOp.Unmap)]
            private static Errno Unmap(ref Cursor other, in DrmXeVmBindOp name) => Errno.Ok;

            [HandlesOp(VmBindOp.UnmapAll)]
            private static Errno UnmapAll(ref Cursor cursor, in DrmXeVmBindOp op) => Errno.EINVAL;

            [HandlesOp(VmBindOp.Prefetch)]
            private static Errno Prefetch(ref Cursor cursor, in DrmXeVmBindOp op) => Errno.EINVAL;
        }

        [OpDispatch(typeof(Kind))]
        public static unsafe partial class Pointers
        {
            [HandlesOp(Kind.Map)]
            [HandlesOp(Kind.Unmap)]
            private static void Both(ulong* table, scoped ref Cursor cursor, scoped Span<int> @in, out int count, ref readonly long limit, string? kind) => count = 1;

            [HandlesOp(Kind.Remap)]
            [HandlesOp(Kind.@lock)]
            private static void Rest(ulong* table, scoped ref Cursor cursor, scoped Span<int> @in, out int count, ref readonly long limit, string? kind) => count = 2;

            private static void Helper() { }
        }

        public enum Nothing;

        [OpDispatch(typeof(Nothing))]
        public static partial class Empty;
        """;

    [Fact]
    public void Output_is_as_recorded() => GeneratorHarness.Run(new OpDispatchGenerator(), Source).AssertClean().AssertGolden("Sample");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() => GeneratorHarness.AssertSecondRunIsCached(new OpDispatchGenerator(), Source);

    [Fact]
    public void A_project_without_dispatches_gets_no_output() =>
        Assert.Empty(GeneratorHarness.Run(new OpDispatchGenerator(), "class Other;").AssertClean().Sources);
}
