using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>One thread rents and two return what it rented before. No item has two holders, and none is lost.</summary>
public sealed class ReturnAndRent : Protocol
{
    private sealed class Item : IReturnable<Item>
    {
        private Item? _nextReturned;

        public ref Item? NextReturned => ref _nextReturned;

        public bool IsFree { get; set; }
    }

    private readonly Item[] _items = [new(), new()];
    private ReturnStack<Item> _stack;
    private int _rented;

    public override IReadOnlyList<Action> Threads => [RentTwice, () => Return(0), () => Return(1)];

    public override void CheckEnd()
    {
        while (_stack.Rent() is { } item)
            HasRented(item);
        Require(_rented == _items.Length, $"{_rented} of {_items.Length} items came back");
    }

    private void RentTwice()
    {
        for (int i = 0; i < 2; i++)
        {
            if (_stack.Rent() is { } item)
                HasRented(item);
        }
    }

    private void HasRented(Item item)
    {
        Require(item.IsFree, "only what was returned is rented, once");
        item.IsFree = false;
        _rented++;
    }

    private void Return(int i)
    {
        _items[i].IsFree = true;
        _stack.Return(_items[i]);
    }
}
