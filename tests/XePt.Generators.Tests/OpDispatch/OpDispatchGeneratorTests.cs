using XePt.Generators.OpDispatch;

namespace XePt.Generators.Tests.OpDispatch;

public class OpDispatchGeneratorTests
{
    private const string Source = """
        using System;
        using System.Runtime.CompilerServices;
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        public ref struct Cursor { public Span<ulong> Entries; }

        public enum Kind : byte { Map = 1, Remap = 2, Unmap = 4, Remove = Unmap, @lock = 7 }

        internal static partial class BindOps
        {
            [OpDispatch]
            public static partial Errno Check(VmBindOp kind, ref Cursor cursor, in DrmXeVmBindOp op);

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

        public unsafe partial struct Parser
        {
            [OpDispatch]
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private unsafe partial void Do(
                Kind kind_, ulong* table, scoped ref Cursor cursor, scoped Span<int> @in, out int count, ref readonly long limit,
                    string? kind);

            [OpDispatch]
            private static partial int Undo(Kind kind);

            [HandlesOp(Kind.Map, For = nameof(Do))]
            [HandlesOp(Kind.Unmap, For = nameof(Do))]
            private void Both(ulong* table, scoped ref Cursor cursor, scoped Span<int> @in, out int count, ref readonly long limit,
                string? kind) => count = 1;

            [HandlesOp(Kind.Remap, For = nameof(Do))]
            [HandlesOp(Kind.@lock, For = nameof(Do))]
            private void Rest(ulong* table, scoped ref Cursor cursor, scoped Span<int> @in, out int count, ref readonly long limit,
                string? kind) => count = 2;

            [HandlesOp(Kind.Map, For = nameof(Undo))]
            [HandlesOp(Kind.Unmap, For = nameof(Undo))]
            [HandlesOp(Kind.Remap, For = nameof(Undo))]
            [HandlesOp(Kind.@lock, For = nameof(Undo))]
            private static int @return() => 3;

            private static void Helper() { }
        }

        public enum Nothing;

        public static partial class Empty
        {
            [OpDispatch]
            internal static partial void Run(Nothing kind);
        }
        """;

    [Fact]
    public void Output_is_as_recorded() => GeneratorHarness.Run(new OpDispatchGenerator(), Source).AssertClean().AssertGolden("Sample");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() =>
        GeneratorHarness.AssertSecondRunIsCached(new OpDispatchGenerator(), Source);

    [Fact]
    public void A_project_without_dispatches_gets_no_output() =>
        Assert.Empty(GeneratorHarness.Run(new OpDispatchGenerator(), "class Other;").AssertClean().Sources);
}
