using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>The buffer objects of a device by slot. A slot stays taken until the last handle and the last VMA are gone
/// (BIND-040).</summary>
/// <remarks>Concurrency: looking up takes no lock: the array is replaced when it grows, and whoever asks for a slot holds a reference, so
/// the entry does not change under it. Adding and freeing slots take the gate. Whoever comes to a BO without a reference (by a handle that
/// another thread may close, or by going through the table) asks for one that is refused once the last is gone
/// (<see cref="BufferObject.TryAddReference"/>): a BO whose memory is on its way back is found by nobody.</remarks>
internal sealed class BoTable
{
    private readonly Stack<int> _free = [];
    private SpinGate _gate;
    private BufferObject?[] _bos = new BufferObject?[16];
    private int _top = 1;

    public BufferObject this[int slot] => Volatile.Read(ref _bos)[slot]!;

    /// <summary>Called when the last reference of a BO is dropped, so that its memory can go back to its region.</summary>
    public Action<BufferObject>? Released { get; set; }

    /// <summary>Gives a BO its slot.</summary>
    public void Add(BufferObject bo)
    {
        _gate.Enter();
        bo.Slot = _free.TryPop(out int slot) ? slot : _top++;
        if (bo.Slot == _bos.Length)
        {
            var larger = new BufferObject?[_bos.Length * 2];
            _bos.CopyTo(larger, 0);
            Volatile.Write(ref _bos, larger);
        }

        Volatile.Write(ref _bos[bo.Slot], bo);
        _gate.Exit();
    }

    public void AddReference(int slot) => this[slot].AddReference();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DropReference(int slot)
    {
        BufferObject bo = this[slot];
        if (bo.DropReference())
            Free(slot, bo);
    }

    private void Free(int slot, BufferObject bo)
    {
        Released?.Invoke(bo);
        _gate.Enter();
        Volatile.Write(ref _bos[slot], null);
        _free.Push(slot);
        _gate.Exit();
    }

    /// <summary>Gives back what <see cref="Collect"/> took.</summary>
    public void DropReferences(List<BufferObject> bos)
    {
        foreach (BufferObject bo in bos)
            DropReference(bo.Slot);
        bos.Clear();
    }

    /// <summary>Adds the BOs for which a test holds to a list, by slot, each with a reference that <see cref="DropReferences"/> gives back.
    /// While others add and drop BOs it is exact only for BOs that stay.</summary>
    public void Collect(Predicate<BufferObject> where, List<BufferObject> into)
    {
        _gate.Enter();
        for (int slot = 1; slot < _top; slot++)
        {
            if (_bos[slot] is { } bo && where(bo) && bo.TryAddReference())
                into.Add(bo);
        }

        _gate.Exit();
    }
}
