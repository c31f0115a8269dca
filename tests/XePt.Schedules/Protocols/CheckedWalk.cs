using XePt.Commit;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A bind links a leaf table, or an unbind takes one away whose page then gets another owner, while a walker translates; the
/// coherence checker judges what it saw.</summary>
/// <param name="isUnlink">The table is taken away.</param>
public sealed class CheckedWalk(bool isUnlink) : Protocol
{
    private const ulong End = TableWorld.Va + TableWorld.PageBytes;

    private readonly TableWorld _world = new(isUnlink);
    private CoherenceChecker? _checker;
    private ExpectedMap? _map;

    public override MemoryModel Memory => isUnlink ? MemoryModel.TotalStoreOrder : MemoryModel.WeakStores;

    public override IReadOnlyList<Action> Threads
    {
        get
        {
            _checker = new CoherenceChecker(_world.Hub);
            _map = _checker.AddMap(_world.ForTlb.Vm, AddressRange.OfSize(TableWorld.Va, TableWorld.PageBytes));
            if (isUnlink)
                _map.Complete(Begin(TableWorld.OldPage), new AddressRange(TableWorld.Va, End));
            return [isUnlink ? Unbind : Bind, Walk];
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Bind()
    {
        long made = Begin(TableWorld.NewPage);
        _world.StageLink();
        _world.FillLeaf(TableWorld.NewPage);
        _world.Commit();
        _map!.Complete(made, new AddressRange(TableWorld.Va, End));
    }

    private void Unbind()
    {
        long gone = Begin(TableWorld.NoPage);
        _world.Later.Gate.Enter();
        _world.StageUnlink();
        _world.Commit();
        TableCommit.Retire(_world.Update);
        _world.ReuseFreed();
        _world.Later.Gate.Exit();
        _map!.Complete(gone, new AddressRange(TableWorld.Va, End));
    }

    private long Begin(int page) => _map!.Begin(new AddressRange(TableWorld.Va, End), page == TableWorld.NoPage ? null : (ulong)page << 12);

    private unsafe void Walk()
    {
        long since = _checker!.Now;
        long* pin = _world.Epochs.Enter();
        Translation seen = _world.Translate();
        _world.Epochs.Exit(pin);
        Require(_checker.CheckWalk(_map!, "walker", since, seen), "the checker finds no fault");
    }
}
