using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>Ordered map from the start address of a VMA, or of anything else that has one, to its handle: a B+tree in unmanaged
/// memory.</summary>
/// <remarks>
/// <para>Every operation is O(log n) and allocates no managed memory. Keys are addresses below 2^64 - 1, handles are >= 0.</para>
/// <para>The index keeps a finger on the gap between two starts where it searched last. A bind looks at one place several times (is it
/// free, what comes after it, put it in, take it out); only the first look descends, the others cost one compare. So callers say what they
/// want, in any order, and carry no positions from call to call.</para>
/// <para>One thread at a time: the VM's lock is held, for look-ups too (they move the finger), but for <see cref="Peek"/>. Walkers never
/// come here, they read table bytes.</para>
/// <para>Inner nodes hold, for each child, the lower bound of the child's keys; the first bound of the leftmost spine is the
/// smallest key there is, so a descent always finds a child. Bounds may lag behind what is still present, never ahead of it.</para>
/// </remarks>
internal sealed unsafe partial class VmaIndex : IDisposable
{
    // SAFETY, all: every pointer is null or leads to a live node: whoever frees, splits or joins one forgets the finger first.

    private const int None = -1;

    private const int CachedHeight = 3;

    private readonly AllocationGate _gate;
    private Node* _root;
    private int _height;
    private Finger _finger;

    /// <summary>An empty index whose node allocations are counted by <paramref name="gate"/>.</summary>
    public VmaIndex(AllocationGate gate) => _gate = gate;

    /// <summary>Number of VMAs.</summary>
    public int Count { get; private set; }

    /// <summary>So high that not all of it is in the caches of a processor.</summary>
    public bool IsHigh => _height > CachedHeight;

    /// <summary>Handle of the VMA that starts at <paramref name="start"/>, or -1.</summary>
    public int Find(ulong start)
    {
        if (_height == 0)
            return None;
        long key = ToKey(start);
        Seek(key);
        return _finger.IsOn(key) ? _finger.Leaf->Vmas[_finger.Rank - 1] : None;
    }

    /// <summary>Handle of the VMA with the greatest start &lt;= <paramref name="va"/>, or -1.</summary>
    public int Floor(ulong va)
    {
        if (_height == 0)
            return None;
        Seek(ToKey(va));
        return FloorOfFinger();
    }

    /// <summary>Both neighbours of an address in one search.</summary>
    /// <param name="va">The address.</param>
    /// <param name="end">An address from which on the upper neighbour does not matter.</param>
    /// <param name="next">Handle of the VMA with the smallest start > <paramref name="va"/>, or -1; may be -1, too, if that is not below
    /// <paramref name="end"/>, which mostly is known without a look at it.</param>
    /// <returns>As <see cref="Floor(ulong)"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Floor(ulong va, ulong end, out int next)
    {
        next = None;
        if (_height == 0)
            return None;
        Seek(ToKey(va));
        if (ToKeyOfStart(end) > _finger.To)
            next = NextOfFinger();
        return FloorOfFinger();
    }

    /// <summary>Both neighbours of an address, found without the finger: for who keeps the nodes from changing, but not others from
    /// looking.</summary>
    /// <param name="va">The address.</param>
    /// <param name="next">Handle of the VMA with the smallest start > <paramref name="va"/>, or -1.</param>
    /// <returns>As <see cref="Floor(ulong)"/>.</returns>
    public int Peek(ulong va, out int next)
    {
        next = None;
        if (_height == 0)
            return None;
        var search = default(Finger);
        long key = ToKey(va);
        Descend(key, ref search);
        search.PointAt(RankInLeaf(search.Leaf, key));
        next = NextOf(search);
        return FloorOf(search);
    }

    /// <summary>Handle of the VMA with the smallest start >= <paramref name="va"/>, or -1.</summary>
    public int Ceiling(ulong va)
    {
        if (_height == 0)
            return None;
        long key = ToKey(va);
        Seek(key);
        return _finger.IsOn(key) ? _finger.Leaf->Vmas[_finger.Rank - 1] : NextOfFinger();
    }

    /// <summary>Adds a VMA; if one starts at <paramref name="start"/> already, its handle is replaced.</summary>
    /// <returns>False when node memory could not be had; then nothing has changed. Replacing needs none.</returns>
    public bool TryInsert(ulong start, int vma)
    {
        if (_height == 0 && !TryMakeRoot())
            return false;
        long key = ToKeyOfStart(start);
        Seek(key);
        if (_finger.IsOn(key))
        {
            _finger.Leaf->Vmas[_finger.Rank - 1] = vma;
            return true;
        }

        if (_finger.Leaf->Count < LeafCapacity)
        {
            InsertVma(_finger.Leaf, _finger.Rank, key, vma);
            _finger.Rank++;
            _finger.From = key;
        }
        else if (!TryInsertSplitting(key, vma))
        {
            return false;
        }

        Count++;
        return true;
    }

    /// <summary>
    /// Moves the entry at <paramref name="oldStart"/> to <paramref name="newStart"/> and gives it the handle <paramref name="vma"/>.
    /// </summary>
    /// <remarks>
    /// In place, and so without fail, when the entry keeps its order inside its node; otherwise an insert followed by a removal.
    /// </remarks>
    /// <returns>
    /// False when nothing starts at <paramref name="oldStart"/> or node memory could not be had; then nothing has changed.
    /// </returns>
    public bool TryReplace(ulong oldStart, ulong newStart, int vma)
    {
        if (_height == 0)
            return false;
        long oldKey = ToKey(oldStart);
        long newKey = ToKey(newStart);
        Seek(oldKey);
        if (!_finger.IsOn(oldKey))
            return false;

        int slot = _finger.Rank - 1;
        long lowest = slot > 0 ? _finger.Leaf->Keys[slot - 1] + 1 : _finger.Low;
        if (newKey < lowest || newKey >= _finger.To)
            return TryInsert(newStart, vma) && Remove(oldStart);

        _finger.Leaf->Keys[slot] = newKey;
        _finger.Leaf->Vmas[slot] = vma;
        _finger.From = newKey;
        return true;
    }

    /// <summary>Takes out the VMA that starts at <paramref name="start"/>. Never allocates.</summary>
    /// <returns>False when there is none.</returns>
    public bool Remove(ulong start)
    {
        if (_height == 0)
            return false;
        long key = ToKeyOfStart(start);
        Seek(key);
        if (!_finger.IsOn(key))
            return false;

        Node* leaf = _finger.Leaf;
        RemoveVma(leaf, _finger.Rank - 1);
        Count--;
        // The root may be as empty as it likes, as long as there is something in it.
        if (leaf->Count >= (_height == 1 ? 1 : LeafMinimum))
            _finger.PointAt(_finger.Rank - 1);
        else
            Rebalance(key);
        return true;
    }

    /// <summary>Keeps memory for one more VMA that the caller is about to take out and may have to put back (<see
    /// cref="PutBack"/>).</summary>
    /// <returns>False when it could not be had; nothing has changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryKeepRoom()
    {
        _takenOut++;
        if (SpareNodes >= _takenOut * (MaxHeight + 1L) || TryHold(NodesToPutBack()))
            return true;
        _takenOut--;
        return false;
    }

    /// <summary>Puts a VMA back that was taken out after <see cref="TryKeepRoom"/>; needs no memory. The caller has suspended the
    /// gate.</summary>
    public void PutBack(ulong start, int vma)
    {
        int others = _takenOut - 1;
        _takenOut = 0;
        bool inserted = TryInsert(start, vma);
        Debug.Assert(inserted);
        _takenOut = others;
    }

    /// <summary>What was taken out so far stays out.</summary>
    public void ForgetRoom() => _takenOut = 0;

    /// <summary>Forgets all VMAs and gives the node memory back.</summary>
    public void Clear()
    {
        _root = null;
        _height = 0;
        _finger = default;
        Count = 0;
        ReleaseNodes();
    }

    /// <summary>Gives the node memory back. The index is empty afterwards.</summary>
    public void Dispose() => Clear();

    // The finger methods are only called with _height >= 1, so there is a leaf to point at.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Seek(long key)
    {
        if (!_finger.Covers(key))
            SeekElsewhere(key);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SeekElsewhere(long key)
    {
        if (!_finger.LeafCovers(key))
            Descend(key, ref _finger);
        _finger.PointAt(RankInLeaf(_finger.Leaf, key));
    }

    // SAFETY: _root is a live node, inner nodes hold live children. A node's slots behind its last bound are vacant, there is at least one.
    private void Descend(long key, ref Finger finger)
    {
        Node* node = _root;
        long low = long.MinValue, high = Vacant;
        for (int level = _height; level > 1; level--)
        {
            int rank = RankInInner(node, key);
            low = Math.Max(low, node->Keys[rank - 1]);
            high = Math.Min(high, node->Keys[rank]);
            node = node->Child(rank - 1);
            if (IsHigh)
                Prefetch(node);
        }

        finger.Leaf = node;
        finger.Low = low;
        finger.High = high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FloorOfFinger() => FloorOf(_finger);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NextOfFinger() => NextOf(_finger);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FloorOf(in Finger finger)
    {
        if (finger.Rank > 0)
            return finger.Leaf->Vmas[finger.Rank - 1];
        // The bound lags: everything below is in the leaf before, which is never empty.
        Node* previous = finger.Leaf->Previous;
        return previous == null ? None : previous->Vmas[previous->Count - 1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int NextOf(in Finger finger)
    {
        if (finger.Rank < finger.Leaf->Count)
            return finger.Leaf->Vmas[finger.Rank];
        Node* next = finger.Leaf->Next;
        return next == null ? None : next->Vmas[0];
    }

    // Signed vector compares exist everywhere, unsigned ones do not: keys are stored with the top bit flipped. The largest key
    // is kept out because it fills unused slots.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long ToKey(ulong va) => Math.Min(ToKeyOfStart(va), Vacant - 1);

    // The same for an address that something starts at, or may not reach.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long ToKeyOfStart(ulong va) => (long)(va ^ (1UL << 63));

    /// <summary>
    /// Where the last search ended: a leaf, how many of its keys are &lt;= what was looked for, and for which keys a search would end
    /// there too. The default points nowhere. Nodes that are split, joined or freed end it (<see cref="VmaIndex"/> forgets it).
    /// </summary>
    [StructLayout(LayoutKind.Auto)]
    private struct Finger
    {
        public Node* Leaf;
        public int Rank;

        /// <summary>The keys <c>[From, To)</c> have this leaf and rank.</summary>
        public long From, To;

        /// <summary>The keys <c>[Low, High)</c> have this leaf.</summary>
        public long Low, High;

        // One compare each, as it is one branch to predict: the distance from the first key, unsigned.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool Covers(long key) => (ulong)(key - From) < (ulong)(To - From);

        public readonly bool LeafCovers(long key) => (ulong)(key - Low) < (ulong)(High - Low);

        /// <summary>True when a VMA starts at a key that was just looked for.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool IsOn(long key) => From == key && Rank > 0;

        public void PointAt(int rank)
        {
            Rank = rank;
            From = rank > 0 ? Leaf->Keys[rank - 1] : Low;
            To = rank < Leaf->Count ? Leaf->Keys[rank] : High;
        }
    }
}
