using XePt.Native;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>Two processes find a third one gone, and take what it had: at once, or by a claim, while the other one is still about to empty
/// its slot. Each has a slot of its own in the end, with what it holds, and nobody is asked for anything.</summary>
public sealed class ForgetAndJoin : Protocol
{
    private const ulong Capacity = 4;

    private readonly VramWorld _world = new();
    private readonly SharedVram[] _accounts;

    public ForgetAndJoin()
    {
        _world.Of(ProcessIdentity.Gone(3)).Take(0, Capacity, Capacity, claims: false);
        _accounts = [_world.Of(ProcessIdentity.Alive(1)), _world.Of(ProcessIdentity.Alive(2))];
    }

    public override IReadOnlyList<Action> Threads => [() => Take(_accounts[0], 1), () => Take(_accounts[1], 2)];

    public override void CheckEnd()
    {
        VramUse first = _accounts[0].Look(0, Capacity), second = _accounts[1].Look(0, Capacity);
        Require(first == new VramUse(1, 2, 0) && second == new VramUse(2, 1, 0), $"in the end {first}; {second}");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private static void Take(SharedVram account, ulong bytes)
    {
        account.Look(0, Capacity);
        bool isTaken = account.Take(0, bytes, Capacity, claims: false) != 0 || account.Take(0, bytes, Capacity, claims: true) != 0;
        Require(isTaken, "what nobody holds any more is there");
    }
}
