using XePt.Calls;
using XePt.Commit;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Stage;

namespace XePt.Bench;

/// <summary>VMAs whose tables are made and taken away by the stages that do it for a call.</summary>
internal sealed class StagedTables : IDisposable
{
    private const ulong Size1G = 1UL << 30;
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
            Check(_vm.Stager.Unbind(tile, vma, ref v, v.Start, v.End));
            TableCommit.Write(tile);
            TableCommit.Retire(tile);
            v.ForgetMarks();
            (v.TilePresent, v.TileStaged) = (0, 0);
        }
    }

    public void Dispose() => _fixture.Dispose();

    private static void Check(Outcome outcome)
    {
        if (outcome != Outcome.Done)
            throw new InvalidOperationException($"{outcome}");
    }
}
