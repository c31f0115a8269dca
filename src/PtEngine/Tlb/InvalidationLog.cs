using XePt.Tlb;
namespace XePt;

/// <summary>The newest invalidations of a GT, for looking back.</summary>
/// <remarks>Concurrency: any thread adds the number it has just taken; a slot is valid when its number reads the same before and after its
/// contents. An invalidation is added before it is delivered, so whoever knows it as acknowledged finds it, until 4096 later
/// ones.</remarks>
public sealed class InvalidationLog
{
    private const int Kept = 4096;

    private struct Slot
    {
        public ulong Seqno;
        public ulong Start;
        public ulong End;
        public int Vm;
    }

    private readonly Slot[] _slots = new Slot[Kept];

    /// <summary>Earlier invalidations, and this one, are not in it.</summary>
    public ulong AttachedAt { get; internal set; }

    internal void Add(ulong seqno, in TlbRequest request)
    {
        ref Slot slot = ref _slots[seqno % Kept];
        Interlocked.Exchange(ref slot.Seqno, 0);
        (slot.Start, slot.End, slot.Vm) = (request.Start, request.End, request.Vm.Number);
        Volatile.Write(ref slot.Seqno, seqno);
    }

    /// <summary>The oldest invalidation in <c>(after, upTo]</c> that asks for any part of a range of a VM; 0 without one.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="range">The addresses.</param>
    /// <param name="after">Look at later ones only.</param>
    /// <param name="upTo">Last one to look at.</param>
    /// <param name="isComplete">False when some of them are not remembered any more.</param>
    public ulong FindCovering(int vm, AddressRange range, ulong after, ulong upTo, out bool isComplete)
    {
        isComplete = true;
        for (ulong seqno = Math.Max(after, AttachedAt) + 1; seqno <= upTo; seqno++)
        {
            ref Slot slot = ref _slots[seqno % Kept];
            bool isThere = Volatile.Read(ref slot.Seqno) == seqno;
            bool covers = slot.Vm == vm && slot.Start < range.End && range.Start < slot.End;
            Volatile.ReadBarrier();
            if (!isThere || slot.Seqno != seqno)
                isComplete = false;
            else if (covers)
                return seqno;
        }

        return 0;
    }

    /// <inheritdoc/>
    public override string ToString() => $"the newest {Kept} invalidations after number 0x{AttachedAt:x}";
}
