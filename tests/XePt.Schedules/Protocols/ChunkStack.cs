using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Two VMs take chunks of pages from a tile's pool and give some back. No chunk is taken by both.</summary>
public sealed class ChunkStack : Protocol
{
    private readonly PageTablePool _pool = new(0x100000, 4UL * PageTablePool.ChunkPages * PageTablePool.PageBytes);
    private readonly HashSet<int> _held = [];

    public ChunkStack()
    {
        int first = _pool.TakeChunk(), second = _pool.TakeChunk();
        _pool.ReturnChunk(second);
        _pool.ReturnChunk(first);
    }

    public override IReadOnlyList<Action> Threads => [TakeTwo, TakeTwoGiveOne];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _pool.Dispose();
    }

    private void TakeTwo()
    {
        Take();
        Take();
    }

    private void TakeTwoGiveOne()
    {
        int first = Take();
        Take();
        _held.Remove(first);
        _pool.ReturnChunk(first);
    }

    private int Take()
    {
        int chunk = _pool.TakeChunk();
        Require(chunk == 0 || _held.Add(chunk), $"chunk {chunk} has two owners");
        return chunk;
    }
}
