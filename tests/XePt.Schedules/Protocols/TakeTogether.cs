using XePt.Native;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Two processes take of device memory what is there for one of them. Together they never hold more than there is.</summary>
public sealed class TakeTogether : Protocol
{
    private const ulong Capacity = 3, Wanted = 2;

    private readonly VramWorld _world = new();
    private readonly SharedVram[] _accounts;
    private int _held;

    public TakeTogether()
    {
        _accounts = [_world.Of(ProcessIdentity.Alive(1)), _world.Of(ProcessIdentity.Alive(2))];
        foreach (SharedVram account in _accounts)
            account.Return(0, Wanted, account.Take(0, Wanted, Capacity, claims: false));
    }

    public override MemoryModel Memory => MemoryModel.TotalStoreOrder;

    public override IReadOnlyList<Action> Threads => [() => Take(_accounts[0]), () => Take(_accounts[1])];

    public override void CheckEnd()
    {
        VramUse use = _accounts[0].Look(0, Capacity);
        Require(use.Own + use.Others == (ulong)_held, $"{use} are counted and 0x{_held:x} held");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Take(SharedVram account)
    {
        if (account.Take(0, Wanted, Capacity, claims: false) == 0)
            return;
        _held += (int)Wanted;
        Require(_held <= (int)Capacity, "both hold what is there for one");
    }
}
