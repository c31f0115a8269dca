using System.Runtime.InteropServices;
using XePt.Commit;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Bench.Contract;

/// <summary>P3 and P4: what a map does to tables, from the walk to the last store, without the call around it.</summary>
internal static unsafe class TableLines
{
    private const int Entries = 512;
    private const int Rotation = 64;
    private const ulong Size2M = 2UL << 20;
    private const ulong Size1G = 1UL << 30;

    public static IEnumerable<ContractLine> All()
    {
        foreach (bool isScattered in (bool[])[false, true])
        {
            string text = isScattered ? "scattered" : "one piece";
            yield return ContractLine.Of(
                "P3", $"tables of a map of 2 MiB as 4K ÷ Fill(4 KiB), 64 in rotation, {text}", Goal.AtMost(1.3, floor: 3),
                () => OpenCase(Size2M, Rotation, isScattered));
            yield return ContractLine.Of(
                "P4", $"tables of a map of 1 GiB as 4K ÷ Fill(2 MiB), {text}", Goal.AtMost(1.4, isScattered ? 1.8 : null),
                () => OpenCase(Size1G, 1, isScattered));
        }
    }

    private static PairCase OpenCase(ulong size, int count, bool isScattered)
    {
        var tables = new StagedTables(size, count, isScattered);
        var fill = new Fills((nuint)(size >> 9) * (nuint)count, (int)(size >> 12));
        return new PairCase(
            new Side(count, tables.Bind, tables.Unbind), new Side(count, fill.Run), tables, fill);
    }

    /// <summary>Plain fills of as much memory.</summary>
    private sealed class Fills(nuint bytes, int entries) : IDisposable
    {
        private readonly ulong* _memory = (ulong*)NativeMemory.AlignedAlloc(bytes, 4096);

        public void Run()
        {
            ulong* end = _memory + (bytes / sizeof(ulong));
            for (ulong* at = _memory; at < end; at += entries)
                new Span<ulong>(at, entries).Fill(0x1003);
        }

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }

    /// <summary>VMAs whose tables are made and taken away by the stages that do it for a call.</summary>
    private sealed class StagedTables : IDisposable
    {
        private readonly BindFixture _fixture;
        private readonly VmContext _vm;
        private readonly int[] _vmas;

        public StagedTables(ulong size, int count, bool isScattered)
        {
            _fixture = new BindFixture(size, isScattered ? 4096 : size, isVram: false, skew: isScattered ? 0 : 4096u);
            _fixture.KeepTable();
            _vm = _fixture.Vm.Context;
            _vmas = new int[count];
            for (int i = 0; i < count; i++)
            {
                ulong va = BindFixture.Va + (2 * Size1G) + ((ulong)i * size);
                _fixture.BindAt(va);
                _vmas[i] = _vm.Space.Find(va);
            }

            // A page beside them keeps the directories.
            _fixture.BindNull(BindFixture.Va + (2 * Size1G) + ((ulong)count * size));
            Unbind();
        }

        public void Bind()
        {
            TileUpdate tile = _vm.Call.Tiles[0];
            foreach (int vma in _vmas)
            {
                ref Vma v = ref _vm.Space.Vmas[vma];
                tile.Begin();
                ref readonly LeafTemplates leaves = ref BindSources.ForVma(_vm, v, clear: false, out BindSource source);
                Check(_vm.Stager.Bind(tile, vma, ref v, ref source, in leaves, _vm.Call.Number, ref _vm.FlushSeqno));
                TableCommit.Write(tile);
                tile.NewTables.Clear();
            }
        }

        public void Unbind()
        {
            TileUpdate tile = _vm.Call.Tiles[0];
            foreach (int vma in _vmas)
            {
                ref Vma v = ref _vm.Space.Vmas[vma];
                tile.Begin();
                Check(_vm.Stager.Unbind(tile, vma, v.Start, v.End));
                TableCommit.Write(tile);
                TableCommit.Retire(tile);
                v.ForgetMarks();
                (v.TilePresent, v.TileStaged) = (0, 0);
            }
        }

        public void Dispose() => _fixture.Dispose();

        private static void Check(Errno error)
        {
            if (error != Errno.Ok)
                throw new InvalidOperationException($"{error}");
        }
    }
}
