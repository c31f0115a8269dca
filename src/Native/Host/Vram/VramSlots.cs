using System.Runtime.InteropServices;

namespace XePt.Native;

/// <summary>What one process has of a device's memory. A cache line of its own.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct VramSlot
{
    public const int Bytes = 64, Tiles = 2;

    /// <summary>Whose it is (<see cref="ProcessIdentity.Word"/>); 0 while it is free, and then all else is 0, too.</summary>
    public ulong Process;

    /// <summary>Bytes of each tile that it holds. Written by the process alone.</summary>
    public fixed long Held[Tiles];

    /// <summary>Bytes of them that others ask it to give up.</summary>
    public fixed long Asked[Tiles];

    /// <summary>Bytes of a tile that it holds and nobody has asked for; none or less when all of it is asked for.</summary>
    public long GiveableOf(int tile) => Volatile.Read(ref Held[tile]) - Volatile.Read(ref Asked[tile]);

    /// <summary>The process holds so much more, or less.</summary>
    public void Hold(int tile, long more) => Volatile.Write(ref Held[tile], Volatile.Read(ref Held[tile]) + more);

    /// <summary>So much less is asked for.</summary>
    public void LowerAsked(int tile, long bytes)
    {
        for (long asked; (asked = Volatile.Read(ref Asked[tile])) > 0;)
        {
            if (Interlocked.CompareExchange(ref Asked[tile], Math.Max(0, asked - bytes), asked) == asked)
                return;
        }
    }

    /// <summary>Empties the slot of a process that is gone, or what a process has left that is another program by now.</summary>
    public void Clear()
    {
        for (int tile = 0; tile < Tiles; tile++)
        {
            Volatile.Write(ref Held[tile], 0);
            Volatile.Write(ref Asked[tile], 0);
        }
    }
}

/// <summary>The slots of an account in memory that processes share, behind a line that says how many have ever been in use.</summary>
/// <remarks>Concurrency: a slot changes hands by exchanging the process in it. One whose process is gone first becomes that of who empties
/// it, and is free afterwards; if he is gone before, the next one finds him in it.</remarks>
internal sealed unsafe class VramSlots
{
    // SAFETY, all: the block stays mapped, and is as large as its owner says; tiles are those that a device has.
    private readonly int* _used;
    private readonly VramSlot* _first;
    private readonly int _capacity;

    public VramSlots(void* block, ulong bytes)
    {
        _used = (int*)block;
        _first = (VramSlot*)block + 1;
        _capacity = (int)(Math.Min(bytes, int.MaxValue) / VramSlot.Bytes) - 1;
    }

    /// <summary>Slots that have ever been in use.</summary>
    public int Count => Math.Min(Volatile.Read(ref *_used), _capacity);

    /// <summary>A slot, by its number.</summary>
    public VramSlot* this[int index] => _first + index;

    /// <summary>The number of a slot.</summary>
    public int IndexOf(VramSlot* slot) => (int)(slot - _first);

    /// <summary>Bytes of a tile that all processes hold.</summary>
    public long SumOf(int tile)
    {
        long sum = 0;
        for (int i = 0, count = Count; i < count; i++)
            sum += Volatile.Read(ref _first[i].Held[tile]);
        return sum;
    }

    /// <summary>A free slot becomes a process's.</summary>
    /// <returns>Its number; -1 when there is none.</returns>
    public int Join(ProcessIdentity self)
    {
        for (int i = 0; i < _capacity; i++)
        {
            if (Volatile.Read(ref _first[i].Process) != 0
                || Interlocked.CompareExchange(ref _first[i].Process, self.Word, 0UL) != 0)
                continue;
            for (int count; (count = Volatile.Read(ref *_used)) <= i;)
                Interlocked.CompareExchange(ref *_used, i + 1, count);
            return i;
        }

        return -1;
    }

    /// <summary>Empties the slots of processes that are gone. One of this process that is not its own is of what it was before it became
    /// another program. One thread of a process at a time.</summary>
    /// <param name="self">This process.</param>
    /// <param name="own">Its slot, or null.</param>
    public void ForgetGone(ProcessIdentity self, VramSlot* own)
    {
        for (int i = 0, count = Count; i < count; i++)
        {
            VramSlot* slot = _first + i;
            ulong process = Volatile.Read(ref slot->Process);
            if (process == 0 || slot == own)
                continue;
            bool isMine = process == self.Word;
            if (!isMine && (!new ProcessIdentity(process).IsGone()
                || Interlocked.CompareExchange(ref slot->Process, self.Word, process) != process))
                continue;
            slot->Clear();
            Volatile.Write(ref slot->Process, 0UL);
        }
    }
}
