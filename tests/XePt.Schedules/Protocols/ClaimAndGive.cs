using XePt.Native;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A process claims device memory, gives it back and claims it again, while the one that has it looks whether it is asked for any,
/// and gives what it is asked for. When it has looked once more, both together hold what there is.</summary>
public sealed class ClaimAndGive : Protocol
{
    private const ulong Capacity = 3;

    private readonly VramWorld _world = new();
    private readonly SharedVram _owner, _claimer;
    private readonly int _number;

    public ClaimAndGive()
    {
        (_owner, _claimer) = (_world.Of(ProcessIdentity.Alive(1)), _world.Of(ProcessIdentity.Alive(2)));
        _number = _owner.Take(0, Capacity - 1, Capacity, claims: false);
        _claimer.Take(0, 1, Capacity, claims: false);
    }

    public override MemoryModel Memory => MemoryModel.WeakStores;

    public override IReadOnlyList<Action> Threads => [Give, Claim];

    public override void CheckEnd()
    {
        Give();
        VramUse use = _owner.Look(0, Capacity);
        Require(use.Own + use.Others <= Capacity && use is { Others: 2, Asked: 0 }, $"in the end {use}");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Give()
    {
        if (_owner.Look(0, Capacity).Asked is > 0 and var asked)
            _owner.Return(0, asked, _number);
    }

    private void Claim()
    {
        int number = _claimer.Take(0, 1, Capacity, claims: true);
        _claimer.Return(0, 1, number);
        Require(number != 0 && _claimer.Take(0, 1, Capacity, claims: true) != 0, "what the other one has is given");
    }
}
