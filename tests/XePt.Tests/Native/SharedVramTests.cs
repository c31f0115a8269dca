using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>The account of device memory that processes share: this one, and others that only live and die.</summary>
public sealed class SharedVramTests : IDisposable
{
    private const ulong Capacity = 8;

    private readonly VramBlock _block = new();
    private readonly List<OtherProcess> _others = [];

    public void Dispose()
    {
        _others.ForEach(other => other.Dispose());
        _block.Dispose();
    }

    [Fact]
    public void This_process_is_who_the_system_says()
    {
        Assert.Equal(OtherProcess.WordOf(Environment.ProcessId), ProcessIdentity.Own.Word);
        Assert.Equal(Environment.ProcessId, ProcessIdentity.Own.Number);
        Assert.False(ProcessIdentity.Own.IsGone());
    }

    [Fact]
    [Rule("RN-006")]
    public void What_is_gone_is_a_number_without_a_process_or_with_a_later_one()
    {
        OtherProcess other = Start();
        Assert.False(other.Identity.IsGone());
        Assert.True(new ProcessIdentity(other.Identity.Word - 1).IsGone());
        other.Kill();
        Assert.True(other.Identity.IsGone());
    }

    [Fact]
    [Rule("RN-006")]
    public void What_one_takes_is_not_there_for_the_other()
    {
        (SharedVram own, SharedVram other) = Two();
        Assert.NotEqual(0, own.Take(0, 5, Capacity, claims: false));
        int number = other.Take(0, 3, Capacity, claims: false);
        Assert.NotEqual(0, number);
        Assert.Equal(new VramUse(5, 3, 0), own.Look(0, Capacity));
        Assert.Equal(new VramUse(3, 5, 0), other.Look(0, Capacity));
        Assert.Equal(new VramUse(0, 0, 0), other.Look(1, Capacity));
        byte[] before = _block.Bytes;
        Assert.Equal(0, other.Take(0, 1, Capacity, claims: false));
        Assert.Equal(before, _block.Bytes);
        Assert.NotEqual(0, other.Take(1, Capacity, Capacity, claims: false));
        other.Return(0, 3, number);
        Assert.NotEqual(0, own.Take(0, 3, Capacity, claims: false));
        Assert.Equal((0UL, 8UL), (other.Look(0, Capacity).Own, other.Look(0, Capacity).Others));
    }

    [Fact]
    [Rule("RN-006")]
    public void Who_claims_gets_it_and_the_other_is_asked_until_it_has_given_as_much()
    {
        (SharedVram own, SharedVram other) = Two();
        int number = own.Take(0, 6, Capacity, claims: false);
        Assert.False(own.IsAsked);
        Assert.NotEqual(0, other.Take(0, 5, Capacity, claims: true));
        Assert.True(own.IsAsked && !other.IsAsked);
        Assert.Equal(new VramUse(6, 5, 3), own.Look(0, Capacity));
        Assert.Equal(0UL, other.Look(0, Capacity).Asked);
        own.Return(0, 2, number);
        Assert.Equal(new VramUse(4, 5, 1), own.Look(0, Capacity));
        own.Return(0, 2, number);
        Assert.Equal(new VramUse(2, 5, 0), own.Look(0, Capacity));
        Assert.False(own.IsAsked);
    }

    [Fact]
    public void Nobody_is_asked_twice_for_the_same()
    {
        (SharedVram own, SharedVram other) = Two();
        own.Take(0, 6, Capacity, claims: false);
        Assert.NotEqual(0, other.Take(0, 4, Capacity, claims: true));
        Assert.Equal(2UL, own.Look(0, Capacity).Asked);
        Assert.NotEqual(0, other.Take(0, 4, Capacity, claims: true));
        Assert.Equal(6UL, own.Look(0, Capacity).Asked);
    }

    [Fact]
    public void Who_claims_more_than_others_hold_gets_nothing_and_nobody_is_asked()
    {
        (SharedVram own, SharedVram other) = Two();
        own.Take(0, 3, Capacity, claims: false);
        other.Take(0, 5, Capacity, claims: false);
        byte[] before = _block.Bytes;
        Assert.Equal(0, other.Take(0, 4, Capacity, claims: true));
        Assert.Equal(before, _block.Bytes);
        Assert.NotEqual(0, other.Take(0, 3, Capacity, claims: true));
        Assert.Equal(0, other.Take(0, 1, Capacity, claims: true));
    }

    [Fact]
    public void What_is_claimed_is_asked_of_several()
    {
        (SharedVram own, SharedVram first) = Two();
        SharedVram second = _block.Of(Start().Identity);
        own.Take(0, 1, Capacity, claims: false);
        first.Take(0, 3, Capacity, claims: false);
        second.Take(0, 4, Capacity, claims: false);
        Assert.NotEqual(0, own.Take(0, 6, Capacity, claims: true));
        Assert.Equal(6UL, first.Look(0, Capacity).Asked + second.Look(0, Capacity).Asked);
        Assert.True(first.IsAsked && second.IsAsked);
    }

    [Fact]
    public void What_is_not_missing_any_more_nobody_has_to_give()
    {
        (SharedVram own, SharedVram other) = Two();
        own.Take(0, 6, Capacity, claims: false);
        int number = other.Take(0, 4, Capacity, claims: true);
        other.Return(0, 4, number);
        Assert.Equal(0UL, own.Look(0, Capacity).Asked);
        Assert.False(own.IsAsked);
    }

    [Fact]
    [Rule("RN-006")]
    public void Who_is_killed_gives_back_what_it_held()
    {
        SharedVram own = _block.Of(ProcessIdentity.Own);
        OtherProcess killed = Start(), alive = Start();
        Assert.NotEqual(0, _block.Of(killed.Identity).Take(0, 5, Capacity, claims: false));
        Assert.NotEqual(0, _block.Of(alive.Identity).Take(0, 1, Capacity, claims: false));
        Assert.Equal(new VramUse(0, 6, 0), own.Look(0, Capacity));
        Assert.Equal(0, own.Take(0, 3, Capacity, claims: false));
        killed.Kill();
        Assert.Equal(new VramUse(0, 1, 0), own.Look(0, Capacity));
        Assert.NotEqual(0, own.Take(0, 7, Capacity, claims: false));
        Assert.Equal(new VramUse(7, 1, 0), own.Look(0, Capacity));
    }

    [Fact]
    public void Who_dies_while_it_empties_the_slot_of_another_leaves_it_to_the_next()
    {
        OtherProcess first = Start(), second = Start();
        VramSlots slots = _block.Slots;
        Assert.NotEqual(0, _block.Of(first.Identity).Take(0, 5, Capacity, claims: false));
        first.Kill();
        unsafe
        {
            // As far as it came: the slot is its own, and not yet empty.
            slots[0]->Process = second.Identity.Word;
        }

        second.Kill();
        SharedVram own = _block.Of(ProcessIdentity.Own);
        Assert.Equal(default, own.Look(0, Capacity));
        Assert.NotEqual(0, own.Take(0, 8, Capacity, claims: false));
        Assert.Equal(1, slots.Count);
    }

    [Fact]
    [Rule("RN-006")]
    public void A_child_counts_by_itself_and_what_it_inherits_is_its_parents()
    {
        OtherProcess parent = Start(), child = Start();
        ProcessIdentity now = parent.Identity;
        SharedVram copied = _block.Of(() => now), parents = _block.Of(parent.Identity);
        int inherited = copied.Take(0, 5, Capacity, claims: false);
        now = child.Identity;
        Assert.Equal(new VramUse(0, 5, 0), copied.Look(0, Capacity));
        copied.Return(0, 5, inherited);
        Assert.Equal(new VramUse(0, 5, 0), copied.Look(0, Capacity));
        int own = copied.Take(0, 2, Capacity, claims: false);
        Assert.Equal(new VramUse(2, 5, 0), copied.Look(0, Capacity));
        copied.Return(0, 5, inherited);
        Assert.Equal(new VramUse(2, 5, 0), copied.Look(0, Capacity));
        copied.Return(0, 2, own);
        Assert.Equal(new VramUse(0, 5, 0), copied.Look(0, Capacity));
        // The parent is asked, whatever its child remembers.
        Assert.NotEqual(0, copied.Take(0, 4, Capacity, claims: true));
        Assert.False(copied.IsAsked);
        parent.Kill();
        Assert.Equal(new VramUse(4, 0, 0), copied.Look(0, Capacity));
        _ = parents;
    }

    [Fact]
    [Rule("RN-006")]
    public void A_process_that_becomes_another_program_begins_anew()
    {
        ProcessIdentity self = ProcessIdentity.Own;
        Assert.NotEqual(0, _block.Of(self).Take(0, 5, Capacity, claims: false));
        SharedVram next = _block.Of(self);
        Assert.NotEqual(0, next.Take(0, 2, Capacity, claims: false));
        Assert.Equal(new VramUse(2, 0, 0), next.Look(0, Capacity));
        Assert.NotEqual(0, next.Take(0, 6, Capacity, claims: false));
    }

    [Fact]
    public void Who_finds_no_slot_is_not_counted()
    {
        ProcessIdentity other = Start().Identity;
        VramSlots slots = _block.Slots;
        while (slots.Join(other) >= 0)
            continue;
        Assert.Equal(63, slots.Count);
        SharedVram own = _block.Of(ProcessIdentity.Own);
        byte[] before = _block.Bytes;
        int number = own.Take(0, 5, Capacity, claims: false);
        Assert.NotEqual(0, number);
        own.Return(0, 5, number);
        Assert.Equal(before, _block.Bytes);
        Assert.False(own.IsAsked);
    }

    /// <summary>Each process on a thread: at no time do they hold more than there is, and in the end nothing.</summary>
    [Fact]
    [Rule("RN-006")]
    public void Many_that_take_at_once_never_hold_more_than_there_is()
    {
        const int rounds = 20_000;
        long held = 0;
        int refused = 0;
        bool isRight = true;
        SharedVram[] accounts = [.. Enumerable.Range(0, 4).Select(_ => _block.Of(Start().Identity))];
        Parallel.ForEach(accounts, account =>
        {
            for (uint i = 1; i <= rounds; i++)
            {
                ulong bytes = (i % 5) + 1;
                int number = account.Take(0, bytes, Capacity, claims: false);
                if (number == 0)
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }

                // Counted after it was taken, and no more before it is given back.
                isRight &= Interlocked.Add(ref held, (long)bytes) <= (long)Capacity;
                Interlocked.Add(ref held, -(long)bytes);
                account.Return(0, bytes, number);
            }
        });
        Assert.True(isRight);
        Assert.InRange(refused, 0, 4 * rounds - 1);
        Assert.All(accounts, account => Assert.Equal(default, account.Look(0, Capacity)));
    }

    /// <summary>Whatever they claim at once: when each has given what it is asked for, all have what there is at most.</summary>
    [Fact]
    [Rule("RN-006")]
    public void Many_that_claim_at_once_have_what_there_is_when_each_has_given_what_it_is_asked_for()
    {
        const int rounds = 5_000;
        const ulong capacity = 100;
        var accounts = new (SharedVram Account, Stack<int> Numbers)[4];
        for (int i = 0; i < accounts.Length; i++)
            accounts[i] = (_block.Of(Start().Identity), []);
        Parallel.ForEach(accounts, one =>
        {
            for (int i = 0; i < rounds; i++)
            {
                if (one.Account.Take(0, 1, capacity, claims: true) is var number and not 0)
                    one.Numbers.Push(number);
                if (one.Account.IsAsked && one.Numbers.TryPop(out int first))
                    one.Account.Return(0, 1, first);
            }
        });
        foreach ((SharedVram account, Stack<int> numbers) in accounts)
        {
            while (account.Look(0, capacity).Asked > 0)
                account.Return(0, 1, numbers.Pop());
        }

        VramUse use = accounts[0].Account.Look(0, capacity);
        Assert.InRange(use.Own + use.Others, 0UL, capacity);
        Assert.Equal((ulong)accounts.Sum(one => one.Numbers.Count), use.Own + use.Others);
    }

    private (SharedVram Own, SharedVram Other) Two() => (_block.Of(ProcessIdentity.Own), _block.Of(Start().Identity));

    private OtherProcess Start()
    {
        _others.Add(new OtherProcess());
        return _others[^1];
    }
}
