using XePt.Memory;
using XePt.Pipeline;

namespace XePt.Evict;

/// <summary>
/// The BOs and migrated pages of one region that may have to make room, the one used longest ago first (made, bound or validated), and of
/// two the one with the lower number. The order
/// depends on what was bound when and on nothing else.
/// </summary>
/// <remarks>
/// <para>A heap by the stamp that each BO had when it was last looked at. Stamps only rise, so using a BO touches nothing here: its place
/// in the heap is too early at
/// most, and whoever finds it in front sees so and moves it back before going on. Each use costs at most one such move, and taking the
/// first of <em>n</em> on
/// average log <em>n</em> steps.</para>
/// <para>Concurrency: BOs get and lose memory on any thread, so each call takes the gate, a leaf. Who asks for the first one is inside all
/// VMs: nobody uses or
/// moves a BO meanwhile.</para>
/// </remarks>
internal sealed class VictimOrder
{
    private readonly List<(long Stamp, IOccupant Bo)> _heap = [];
    private SpinGate _gate;
    private ulong _bytes;

    /// <summary>Bytes of all BOs in the order.</summary>
    public ulong Bytes
    {
        get
        {
            _gate.Enter();
            ulong bytes = _bytes;
            _gate.Exit();
            return bytes;
        }
    }

    /// <summary>Entries looked at so far, for tests of growth.</summary>
    public long Steps { get; private set; }

    /// <summary>Puts a BO in that has got memory of the region; does nothing when it is in.</summary>
    public void Add(IOccupant bo)
    {
        _gate.Enter();
        if (bo.VictimPlace == 0)
        {
            _heap.Add((StampOf(bo), bo));
            _bytes += bo.Size;
            Raise(_heap.Count - 1);
        }

        _gate.Exit();
    }

    /// <summary>Takes a BO out that leaves the region or must stay; does nothing when it is not in.</summary>
    public void Remove(IOccupant bo)
    {
        _gate.Enter();
        if (bo.VictimPlace != 0)
            RemoveAt(bo.VictimPlace - 1);
        _gate.Exit();
    }

    /// <summary>Takes out the first one, with a reference that the caller gives back; null when there is none.</summary>
    public IOccupant? TakeFirst()
    {
        _gate.Enter();
        IOccupant? first = null;
        while (first is null && _heap.Count > 0)
        {
            (long stamp, IOccupant bo) = _heap[0];
            long now = StampOf(bo);
            if (now != stamp)
            {
                _heap[0] = (now, bo);
                Lower(0);
                continue;
            }

            RemoveAt(0);
            // Nobody takes a BO whose last reference is gone: its memory is on its way back.
            first = bo.TryAddReference() ? bo : null;
        }

        _gate.Exit();
        return first;
    }

    /// <summary>A BO is in.</summary>
    public bool Contains(IOccupant bo)
    {
        _gate.Enter();
        int place = bo.VictimPlace - 1;
        bool isIn = (uint)place < (uint)_heap.Count && ReferenceEquals(_heap[place].Bo, bo);
        _gate.Exit();
        return isIn;
    }

    /// <summary>The BOs, in no order, each with a reference that the caller gives back.</summary>
    public List<IOccupant> Collect()
    {
        var bos = new List<IOccupant>();
        _gate.Enter();
        foreach ((_, IOccupant bo) in _heap)
        {
            if (bo.TryAddReference())
                bos.Add(bo);
        }

        _gate.Exit();
        return bos;
    }

    /// <summary>A job uses all private BOs of its VM at once, except in fault mode (specification 02 section 4, "bulk LRU").</summary>
    private static long StampOf(IOccupant bo) =>
        bo is BufferObject { PrivateTo: VmContext { Facts.IsFaultMode: false } vm } ? Math.Max(bo.LastUse, vm.LastExec) : bo.LastUse;

    private void RemoveAt(int place)
    {
        IOccupant bo = _heap[place].Bo;
        int last = _heap.Count - 1;
        _heap[place] = _heap[last];
        _heap.RemoveAt(last);
        bo.VictimPlace = 0;
        _bytes -= bo.Size;
        if (place == last)
            return;
        Raise(place);
        Lower(_heap[place].Bo.VictimPlace - 1);
    }

    /// <summary>Moves an entry towards the front until the one above it comes first.</summary>
    private void Raise(int place)
    {
        (long Stamp, IOccupant Bo) moved = _heap[place];
        for (int above; place > 0 && ComesBefore(moved, _heap[above = (place - 1) / 2]); place = above)
            Put(place, _heap[above]);
        Put(place, moved);
    }

    /// <summary>Moves an entry away from the front until it comes before both below it.</summary>
    private void Lower(int place)
    {
        (long Stamp, IOccupant Bo) moved = _heap[place];
        for (int below; (below = (2 * place) + 1) < _heap.Count; place = below)
        {
            if (below + 1 < _heap.Count && ComesBefore(_heap[below + 1], _heap[below]))
                below++;
            if (!ComesBefore(_heap[below], moved))
                break;
            Put(place, _heap[below]);
        }

        Put(place, moved);
    }

    private void Put(int place, (long Stamp, IOccupant Bo) entry)
    {
        _heap[place] = entry;
        entry.Bo.VictimPlace = place + 1;
    }

    private bool ComesBefore((long Stamp, IOccupant Bo) one, (long Stamp, IOccupant Bo) other)
    {
        Steps++;
        return one.Stamp < other.Stamp || (one.Stamp == other.Stamp && one.Bo.Slot < other.Bo.Slot);
    }
}
