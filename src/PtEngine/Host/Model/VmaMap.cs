using System.Diagnostics;
using XePt.Memory;

namespace XePt.Host;

/// <summary>The mappings of a modelled process: disjoint intervals in order.</summary>
/// <remarks>Concurrency: none; the machine has a gate.</remarks>
internal sealed class VmaMap(AllocationGate gate) : IDisposable
{
    private readonly VmaIndex _index = new(gate);
    private readonly SlotStore<ModelVma> _slots = new(gate);

    // Only mappings of files have one.
    private readonly Dictionary<int, ModelFile> _files = [];

    public int Count => _index.Count;

    public ref ModelVma this[int vma] => ref _slots[vma];

    public ModelFile? FileOf(int vma) => _files.Count != 0 ? _files.GetValueOrDefault(vma) : null;

    /// <summary>The mapping that holds an address, or 0.</summary>
    public int Find(ulong address)
    {
        int vma = _index.Floor(address);
        return vma > 0 && _slots[vma].End > address ? vma : 0;
    }

    /// <summary>The first mapping that intersects <c>[start, end)</c>, or 0.</summary>
    public int First(ulong start, ulong end)
    {
        int vma = _index.Floor(start, end, out int next);
        if (vma > 0 && _slots[vma].End > start)
            return vma;
        return next > 0 && _slots[next].Start < end ? next : 0;
    }

    /// <summary>The last mapping that starts below an address, or 0.</summary>
    public int LastBelow(ulong address) => address == 0 ? 0 : Math.Max(0, _index.Floor(address - 1));

    /// <summary>A record for a mapping to be added with <see cref="Add"/>, so that this cannot fail; 0 without memory.</summary>
    public int TryReserve()
    {
        int vma = _slots.Rent();
        if (vma == 0 || _index.TryKeepRoom())
            return vma;
        _slots.Return(vma);
        return 0;
    }

    /// <summary>Gives back a reserved record.</summary>
    public void CancelReserve(int vma)
    {
        _index.ForgetRoom();
        _slots.Return(vma);
    }

    /// <summary>Adds a mapping in a reserved record; nothing else is there.</summary>
    public void Add(int vma, in ModelVma mapping, ModelFile? file)
    {
        _slots[vma] = mapping;
        gate.IsSuspended = true;
        _index.PutBack(mapping.Start, vma);
        gate.IsSuspended = false;
        if (file is null)
            return;
        file.Uses++;
        _files.Add(vma, file);
    }

    /// <summary>Takes a mapping away.</summary>
    public void Remove(int vma)
    {
        if (_files.Remove(vma, out ModelFile? file))
            file.EndUse();
        _index.Remove(_slots[vma].Start);
        _slots.Return(vma);
    }

    /// <summary>Sees to it that no mapping goes across any of some addresses.</summary>
    /// <param name="addresses">At most 32.</param>
    /// <param name="cuts">Where one has been cut in two, for <see cref="Undo"/>: a bit for each address.</param>
    /// <returns>False without memory; nothing has changed.</returns>
    public bool TryCut(ReadOnlySpan<ulong> addresses, out uint cuts)
    {
        cuts = 0;
        for (int i = 0; i < addresses.Length; i++)
        {
            if (!TryCut(addresses[i], out bool isCut))
            {
                Undo(addresses, cuts);
                return false;
            }

            cuts |= isCut ? 1u << i : 0;
        }

        return true;
    }

    /// <summary>Cuts at both ends of an interval, or at none.</summary>
    public bool TryCut(ulong start, ulong end) => TryCut([start, end], out _);

    /// <summary>Joins again what was cut.</summary>
    public void Undo(ReadOnlySpan<ulong> addresses, uint cuts)
    {
        for (int i = 0; i < addresses.Length; i++)
        {
            if ((cuts & (1u << i)) != 0)
                Uncut(addresses[i]);
        }
    }

    private bool TryCut(ulong address, out bool isCut)
    {
        int vma = Find(address);
        isCut = vma != 0 && _slots[vma].Start < address;
        if (!isCut)
            return true;

        int behind = TryReserve();
        if (behind == 0)
        {
            isCut = false;
            return false;
        }

        ref ModelVma whole = ref _slots[vma];
        ModelVma rest = whole with { Start = address, Offset = whole.Offset + (address - whole.Start) };
        whole.End = address;
        Add(behind, rest, FileOf(vma));
        return true;
    }

    /// <summary>Joins the mappings that meet at an address if they are alike, as the kernel does.</summary>
    public void Merge(ulong address)
    {
        int behind = Find(address);
        int before = LastBelow(address);
        if (behind != 0 && before != 0 && _slots[behind].Start == address && _slots[before].IsContinuedBy(_slots[behind]))
            Uncut(address);
    }

    /// <summary>Moves the end of a mapping upwards; nothing is there.</summary>
    public void Extend(int vma, ulong end) => _slots[vma].End = end;

    public void Dispose()
    {
        _index.Dispose();
        _slots.Dispose();
    }

    private void Uncut(ulong address)
    {
        int before = LastBelow(address), behind = Find(address);
        Debug.Assert(before != 0 && behind != 0 && _slots[before].End == address && _slots[behind].Start == address);
        ulong end = _slots[behind].End;
        Remove(behind);
        _slots[before].End = end;
    }
}
