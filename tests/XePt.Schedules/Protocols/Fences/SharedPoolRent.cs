using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Two threads rent from a pool and return to it. No item ever has two holders, and none is lost.</summary>
public sealed class SharedPoolRent : Protocol
{
    private sealed class Item : IReturnable<Item>
    {
        private Item? _nextReturned;

        public ref Item? NextReturned => ref _nextReturned;

        public bool IsHeld { get; set; }
    }

    private const int Items = 3;

    private SharedPool<Item> _pool;

    public SharedPoolRent()
    {
        for (int i = 0; i < Items; i++)
            _pool.Return(new Item());
    }

    public override IReadOnlyList<Action> Threads => [Once, ThriceBackAndForth];

    public override void CheckEnd()
    {
        int count = 0;
        while (_pool.Rent() is { } item)
        {
            Require(!item.IsHeld && count < Items, "an item is in the pool once, and only when nobody holds it");
            item.IsHeld = true;
            count++;
        }

        Require(count == Items, $"{count} of {Items} items are left");
    }

    private void Once()
    {
        Item? item = Take();
        Give(item);
    }

    private void ThriceBackAndForth()
    {
        Item? first = Take();
        Item? second = Take();
        Give(first);
        Give(second);
    }

    private Item? Take()
    {
        Item? item = _pool.Rent();
        if (item is not null)
        {
            Require(!item.IsHeld, "an item has one holder");
            item.IsHeld = true;
        }

        return item;
    }

    private void Give(Item? item)
    {
        if (item is null)
            return;
        item.IsHeld = false;
        _pool.Return(item);
    }
}
