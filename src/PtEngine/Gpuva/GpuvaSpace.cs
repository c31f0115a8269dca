using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>
/// The VMA map of one VM: VMAs that never overlap, ordered by start (BIND-144), inside a managed interval with an optional reserved
/// "kernel" interval (BIND-147). Knows nothing of page tables. Single writer.
/// </summary>
internal sealed class GpuvaSpace : IDisposable
{
    private readonly ulong _start, _end;
    private readonly VmaIndex _index;
    private int _lastFault;

    /// <param name="start">First managed address.</param>
    /// <param name="end">End of the managed interval, exclusive.</param>
    /// <param name="gate">Counts and may refuse allocations.</param>
    /// <param name="kernelStart">First address of the reserved interval.</param>
    /// <param name="kernelEnd">Its end, exclusive; equal to the start when there is none.</param>
    public GpuvaSpace(ulong start, ulong end, AllocationGate gate, ulong kernelStart = 0, ulong kernelEnd = 0)
    {
        (_start, _end, KernelStart, KernelEnd) = (start, end, kernelStart, kernelEnd);
        Vmas = new SlotStore<Vma>(gate);
        BoVmas = new BoVmaLists(Vmas, gate);
        _index = new VmaIndex(gate);
    }

    public SlotStore<Vma> Vmas { get; }

    /// <summary>The VMAs of each BO, in link order.</summary>
    public BoVmaLists BoVmas { get; }

    /// <summary>First address of the reserved interval.</summary>
    public ulong KernelStart { get; }

    /// <summary>Its end, exclusive; equal to the start when there is none.</summary>
    public ulong KernelEnd { get; }

    /// <summary>The VMA of the last fault that was serviced, or 0; it ends with that VMA (FLT-038). Pieces and later users of its slot do
    /// not
    /// carry the mark.</summary>
    public int LastFault
    {
        get => _lastFault != 0
            && (Vmas[_lastFault].Flags & (VmaFlags.LastFault | VmaFlags.Destroyed)) == VmaFlags.LastFault ? _lastFault : 0;

        set
        {
            if (_lastFault != 0)
                Vmas[_lastFault].Flags &= ~VmaFlags.LastFault;
            _lastFault = value;
            if (value != 0)
                Vmas[value].Flags |= VmaFlags.LastFault;
        }
    }

    /// <summary>VMAs in the map.</summary>
    public int Count => _index.Count;

    /// <summary>So many VMAs that what belongs to one is in no cache of a processor.</summary>
    public bool IsLarge => _index.IsHigh;

    /// <summary>True when <c>[start, end)</c>, which may be empty, lies inside the managed interval and clear of the reserved one
    /// (BIND-146).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsValidRange(ulong start, ulong end) =>
        start <= end && start >= _start && end <= _end && !OverlapsKernel(start, end);

    /// <summary>True when <c>[start, end)</c> touches the reserved interval.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool OverlapsKernel(ulong start, ulong end) => start < KernelEnd && KernelStart < end && KernelStart < KernelEnd;

    /// <summary>Inserts a VMA by its interval (BIND-145).</summary>
    /// <returns>Ok, -EINVAL for an invalid interval, -EEXIST for an overlap, -ENOMEM when the index could not grow.</returns>
    public Errno Insert(int vma)
    {
        ref Vma v = ref Vmas[vma];
        if (v.Start == v.End || !IsValidRange(v.Start, v.End))
            return Errno.EINVAL;
        if (FirstOverlap(v.Start, v.End) != 0)
            return Errno.EEXIST;
        return _index.TryInsert(v.Start, vma) ? Errno.Ok : Errno.ENOMEM;
    }

    /// <summary>Inserts a VMA into an interval known to be free; false when the index could not grow.</summary>
    public bool TryInsertFree(int vma) => TryInsertFree(vma, Vmas[vma].Start);

    /// <summary>The same for a VMA whose start the caller has at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryInsertFree(int vma, ulong start) => _index.TryInsert(start, vma);

    public void Remove(int vma) => RemoveAt(Vmas[vma].Start);

    /// <summary>The same for a VMA whose start the caller has at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveAt(ulong start) => _index.Remove(start);

    /// <summary>Keeps memory for putting back one more VMA that the request takes out; false when it could not be had.</summary>
    public bool TryKeepRoom() => _index.TryKeepRoom();

    /// <summary>Puts a VMA back that was taken out after <see cref="TryKeepRoom"/>; cannot fail.</summary>
    public void PutBack(int vma) => _index.PutBack(Vmas[vma].Start, vma);

    /// <summary>What was taken out so far stays out.</summary>
    public void ForgetRoom() => _index.ForgetRoom();

    /// <summary>Puts a VMA in the place of another one that it overlaps; false when the index could not grow, and then nothing changed.
    /// With the same start it cannot fail.</summary>
    public bool TryReplace(int old, int vma) => _index.TryReplace(Vmas[old].Start, Vmas[vma].Start, vma);

    /// <summary>The lowest VMA that overlaps <c>[start, end)</c>, or 0 (BIND-148). An empty interval overlaps the VMA it lies inside of,
    /// not one it is at the border of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstOverlap(ulong start, ulong end)
    {
        int floor = _index.Floor(start, end, out int next);
        if (floor > 0)
        {
            ref readonly Vma v = ref Vmas[floor];
            if (v.End > start && v.Start < end)
                return floor;
        }

        return next > 0 && Vmas[next].Start < end ? next : 0;
    }

    /// <summary>The VMA that contains an address, or 0.</summary>
    public int Find(ulong va)
    {
        int floor = _index.Floor(va);
        return floor > 0 && Vmas[floor].End > va ? floor : 0;
    }

    /// <summary>The lowest VMA that starts at or after an address and below <paramref name="end"/>, or 0.</summary>
    public int NextFrom(ulong va, ulong end = ulong.MaxValue)
    {
        if (va >= end)
            return 0;
        int after = _index.Ceiling(va);
        return after > 0 && Vmas[after].Start < end ? after : 0;
    }

    public void Dispose()
    {
        _index.Dispose();
        BoVmas.Dispose();
        Vmas.Dispose();
    }
}
