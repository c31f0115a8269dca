using XePt.Memory;

namespace XePt.Fences;

/// <summary>The reservations of external BOs by slot; a BO that nothing in flight has ever touched has none. Private BOs share their
/// VM's.</summary>
/// <remarks>Concurrency: looking up reads the array that was published last, without the gate; making one takes it. A slot's reservation
/// stays for the life of the device: it is emptied when the last reference of its BO is dropped, and nobody adds to it before another BO
/// has the slot.</remarks>
internal sealed class BoReservations
{
    private SpinGate _gate;
    private Reservation?[] _bySlot = [];

    /// <summary>No BO has ever had a pending fence.</summary>
    public bool IsUnused => Volatile.Read(ref _bySlot).Length == 0;

    /// <summary>The reservation of a BO, or null when it never had a pending fence.</summary>
    public Reservation? Find(int slot)
    {
        Reservation?[] bySlot = Volatile.Read(ref _bySlot);
        return slot < bySlot.Length ? Volatile.Read(ref bySlot[slot]) : null;
    }

    public Reservation Of(int slot)
    {
        if (Find(slot) is { } found)
            return found;

        _gate.Enter();
        if (slot >= _bySlot.Length)
        {
            Reservation?[] larger = new Reservation?[Math.Max(slot + 1, Math.Max(16, _bySlot.Length * 2))];
            _bySlot.CopyTo(larger, 0);
            Volatile.Write(ref _bySlot, larger);
        }

        Reservation reservation = _bySlot[slot] ?? new Reservation();
        Volatile.Write(ref _bySlot[slot], reservation);
        _gate.Exit();
        return reservation;
    }
}
