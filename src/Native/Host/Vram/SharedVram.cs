namespace XePt.Native;

/// <summary>
/// The account of a device's memory that processes share: a block of memory which all of them have mapped, with a slot for each process
/// that has taken some. In its slot stand who it is, what it holds, and what others ask it to give up; what all hold together is used.
/// </summary>
/// <remarks>
/// <para>Concurrency: what a process holds is written by itself alone (by its device, under the gate of its memory), and no word says what
/// another one says too, so there is no state in between: whoever dies leaves a slot that is right, and whoever comes next finds its
/// process gone and empties it. Who takes writes first and looks then, so of two that take what is left at the same time at least one
/// sees the other. Both may; then both take back and try again, each after another while.</para>
/// <para>Who claims is given the bytes at once, up to all there are, and asks others for as many of them as are missing. Nobody waits for
/// another process, which may be stopped: it drives out what it is asked for when it comes to it, and until then the sum is more than
/// there is. What is missing is always asked for: who claims counts, looks and asks, and who is asked looks at what is asked, then at the
/// sum, and takes off what the sum does not miss, but not what is asked for meanwhile.</para>
/// <para>A forked child is another process: it finds a slot of its own when it first takes something. What it inherits stays its
/// parent's.</para>
/// </remarks>
internal sealed unsafe class SharedVram : IVramAccount
{
    // SAFETY, all: slots lie in the block, which stays mapped until the process ends.

    /// <summary>Bytes of a block that a handful of processes can share; each 64 more are one process more.</summary>
    public const ulong LeastBytes = 4096;

    private const int Tries = 2, Uncounted = -1;

    private readonly VramSlots _slots;
    private readonly Func<ProcessIdentity> _self;
    private readonly Lock _forgetting = new();
    private volatile int _own = -1;

    /// <param name="block">The memory: zero at first, aligned to 64 bytes, and there until the process ends.</param>
    /// <param name="bytes">How much of it there is.</param>
    /// <param name="self">Who this process is, each time anew.</param>
    public SharedVram(void* block, ulong bytes, Func<ProcessIdentity> self) => (_slots, _self) = (new VramSlots(block, bytes), self);

    /// <summary>Somebody may have asked this process for memory.</summary>
    public bool IsAsked
    {
        get
        {
            if (!TryGetOwn(_self(), out VramSlot* own))
                return false;
            for (int tile = 0; tile < VramSlot.Tiles; tile++)
            {
                if (Volatile.Read(ref own->Asked[tile]) > 0)
                    return true;
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public int Take(int tile, ulong bytes, ulong capacity, bool claims)
    {
        ProcessIdentity self = _self();
        if (!TryGetOwn(self, out VramSlot* own) && !TryJoin(self, out own))
            return Uncounted;
        for (int tries = 0; tries < Tries; tries++)
        {
            own->Hold(tile, (long)bytes);
            Interlocked.MemoryBarrier();
            long missing = _slots.SumOf(tile) - (long)capacity;
            bool isRoom = missing <= 0, mayClaim = claims && Volatile.Read(ref own->Held[tile]) <= (long)capacity;
            if (isRoom || (mayClaim && TryAsk(own, tile, Math.Min(missing, (long)bytes))))
                return self.Number;
            own->Hold(tile, -(long)bytes);
            Thread.SpinWait((_slots.IndexOf(own) + 1) << tries);
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Return(int tile, ulong bytes, int number)
    {
        ProcessIdentity self = _self();
        if (number != self.Number || !TryGetOwn(self, out VramSlot* own))
            return;
        // Whatever goes is what was asked for. In this order: in between too much seems to be missing, not too little.
        own->LowerAsked(tile, (long)bytes);
        own->Hold(tile, -(long)bytes);
    }

    /// <inheritdoc/>
    public VramUse Look(int tile, ulong capacity)
    {
        ForgetGone();
        if (!TryGetOwn(_self(), out VramSlot* own))
            return new VramUse(0, (ulong)_slots.SumOf(tile), 0);
        // In this order: who asks has counted what he takes before.
        long asked = Volatile.Read(ref own->Asked[tile]), held = Volatile.Read(ref own->Held[tile]), sum = _slots.SumOf(tile);
        long missing = Math.Clamp(sum - (long)capacity, 0, held);
        if (missing < asked)
            own->LowerAsked(tile, asked - missing);
        return new VramUse((ulong)held, (ulong)Math.Max(0, sum - held), (ulong)Math.Min(asked, missing));
    }

    /// <summary>Asks others for bytes: where they hold some that nobody has asked for yet, and for the rest whoever holds any. Always for
    /// all of them, as an earlier request may be on its way out (<see cref="Look"/>).</summary>
    /// <returns>False when nobody else holds any.</returns>
    private bool TryAsk(VramSlot* own, int tile, long bytes)
    {
        VramSlot* last = null;
        int count = _slots.Count;
        for (int i = 1; i < count && bytes > 0; i++)
        {
            VramSlot* other = _slots[(_slots.IndexOf(own) + i) % count];
            if (Volatile.Read(ref other->Held[tile]) <= 0)
                continue;
            last = other;
            if (Math.Min(bytes, other->GiveableOf(tile)) is > 0 and var more)
            {
                Interlocked.Add(ref other->Asked[tile], more);
                bytes -= more;
            }
        }

        if (last != null && bytes > 0)
            Interlocked.Add(ref last->Asked[tile], bytes);
        return last != null;
    }

    /// <summary>The slot that this process has; a forked child has none, though it remembers its parent's.</summary>
    private bool TryGetOwn(ProcessIdentity self, out VramSlot* own)
    {
        int index = _own;
        own = index >= 0 && Volatile.Read(ref _slots[index]->Process) == self.Word ? _slots[index] : null;
        return own != null;
    }

    /// <summary>Whoever is gone gives back what he has held.</summary>
    private void ForgetGone()
    {
        lock (_forgetting)
        {
            ProcessIdentity self = _self();
            _ = TryGetOwn(self, out VramSlot* own);
            _slots.ForgetGone(self, own);
        }
    }

    private bool TryJoin(ProcessIdentity self, out VramSlot* own)
    {
        ForgetGone();
        int index = _slots.Join(self);
        own = index < 0 ? null : _slots[index];
        _own = index;
        return own != null;
    }
}
