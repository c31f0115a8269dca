using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>A map request in the terms of the split core: <c>[Start, End)</c> backed by a BO (0 = none) from an offset on.</summary>
internal readonly record struct MapRequest(ulong Start, ulong End, int Bo, ulong Offset);

/// <summary>
/// The split and merge core (specification 02 section 10): turns a request and the VMA map into operations, without changing the map.
/// Operations are appended in ascending order, MAP last; on failure nothing is appended.
/// </summary>
internal static unsafe class GpuvaSplit
{
    /// <summary>BIND-150 to BIND-159.</summary>
    /// <returns>Ok, -EINVAL for an invalid interval, -ENOMEM when the list could not grow.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Errno Map(GpuvaSpace space, in MapRequest request, ref UnmanagedList<GpuvaOp> ops)
    {
        if (!space.IsValidRange(request.Start, request.End))
            return Errno.EINVAL;

        int mark = ops.Count;
        int first = space.FirstOverlap(request.Start, request.End);
        if (first != 0 && !TryDisplaceAll(space, first, request, ref ops))
            return Fail(ref ops, mark);
        return TryMap(ref ops, request) ? Errno.Ok : Fail(ref ops, mark);
    }

    private static bool TryDisplaceAll(GpuvaSpace space, int first, MapRequest request, ref UnmanagedList<GpuvaOp> ops)
    {
        bool ok = true;
        for (int vma = first; vma != 0 && ok;)
        {
            ref Vma v = ref space.Vmas[vma];
            ok = TryDisplace(ref ops, vma, v, request.Start, request.End, IsContinuation(v, request));
            vma = v.End < request.End ? space.NextFrom(v.End, request.End) : 0;
        }

        return ok;
    }

    /// <summary>BIND-162 to BIND-166.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Errno Unmap(GpuvaSpace space, ulong start, ulong end, ref UnmanagedList<GpuvaOp> ops)
    {
        if (!space.IsValidRange(start, end))
            return Errno.EINVAL;

        int mark = ops.Count;
        for (int vma = space.FirstOverlap(start, end); vma != 0;)
        {
            ref Vma v = ref space.Vmas[vma];
            if (!TryDisplace(ref ops, vma, v, start, end, keep: false))
                return Fail(ref ops, mark);
            vma = v.End < end ? space.NextFrom(v.End, end) : 0;
        }

        return Errno.Ok;
    }

    /// <summary>One PREFETCH per overlapping VMA, ascending, carrying the whole VMA; the interval is not checked (BIND-137, BIND-146). The
    /// reserved interval, if there is one, is met like a VMA (BIND-147); its op names VMA 0.</summary>
    public static Errno Prefetch(GpuvaSpace space, ulong start, ulong end, ref UnmanagedList<GpuvaOp> ops)
    {
        int mark = ops.Count;
        bool ok = true;
        bool owesKernel = space.OverlapsKernel(start, end);
        for (int vma = space.FirstOverlap(start, end); vma != 0 && ok;)
        {
            ref Vma v = ref space.Vmas[vma];
            if (owesKernel && v.Start > space.KernelStart)
            {
                ok = ops.TryAdd(PrefetchOf(0, space.KernelStart, space.KernelEnd));
                owesKernel = false;
            }

            ok = ok && ops.TryAdd(PrefetchOf(vma, v.Start, v.End));
            vma = v.End < end ? space.NextFrom(v.End, end) : 0;
        }

        if (owesKernel)
            ok = ok && ops.TryAdd(PrefetchOf(0, space.KernelStart, space.KernelEnd));
        return Finish(ref ops, mark, ok);
    }

    /// <summary>One UNMAP per live VMA of a BO, in link order (BIND-136).</summary>
    public static Errno UnmapAll(GpuvaSpace space, int bo, ref UnmanagedList<GpuvaOp> ops)
    {
        int mark = ops.Count;
        bool ok = true;
        for (int vma = space.BoVmas.First(bo); vma != 0 && ok; vma = space.BoVmas.Next(vma))
        {
            ref Vma v = ref space.Vmas[vma];
            if ((v.Flags & VmaFlags.Destroyed) == 0)
                ok = TryDisplace(ref ops, vma, v, v.Start, v.End, keep: false);
        }

        return Finish(ref ops, mark, ok);
    }

    /// <summary>Gives <c>[start, end)</c> borders in BO-less VMAs; VMAs with a BO are left alone (BIND-167 to BIND-172).</summary>
    public static Errno Madvise(GpuvaSpace space, ulong start, ulong end, ref UnmanagedList<GpuvaOp> ops)
    {
        if (!space.IsValidRange(start, end))
            return Errno.EINVAL;

        int mark = ops.Count;
        bool ok = true;
        for (int vma = space.FirstOverlap(start, end); vma != 0 && ok;)
        {
            ref Vma v = ref space.Vmas[vma];
            bool isInside = v.Start >= start && v.End <= end;
            if (!v.HasBo && !isInside)
                ok = TryDisplace(ref ops, vma, v, start, end, keep: false) && TryMap(ref ops, MiddlePiece(v, start, end));
            vma = v.End < end ? space.NextFrom(v.End, end) : 0;
        }

        return Finish(ref ops, mark, ok);
    }

    // Ops are long and are filled in where they lie.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryMap(ref UnmanagedList<GpuvaOp> ops, in MapRequest request)
    {
        ref GpuvaOp op = ref ops.TryAppend();
        if (Unsafe.IsNullRef(ref op))
            return false;

        op.Kind = GpuvaOpKind.Map;
        op.Start = request.Start;
        op.End = request.End;
        op.Bo = request.Bo;
        op.Offset = request.Offset;
        return true;
    }

    /// <summary>What a request over <c>[start, end)</c> does to one overlapping VMA: nothing of it stays, or a piece on one or both
    /// sides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryDisplace(ref UnmanagedList<GpuvaOp> ops, int vma, in Vma v, ulong start, ulong end, bool keep)
    {
        ref GpuvaOp op = ref ops.TryAppend();
        if (Unsafe.IsNullRef(ref op))
            return false;

        op.Kind = GpuvaOpKind.Unmap;
        op.Vma = vma;
        // SAFETY: records lie in native memory and never move.
        op.Record = (Vma*)Unsafe.AsPointer(ref Unsafe.AsRef(in v));
        if (keep)
            op.Keep = true;
        op.Start = v.Start;
        op.End = v.End;
        if (v.Start < start || v.End > end)
            Cut(ref op, v, start, end);
        return true;
    }

    private static void Cut(ref GpuvaOp op, in Vma v, ulong start, ulong end)
    {
        op.Kind = GpuvaOpKind.Remap;
        if (v.Start < start)
            op.Previous = new GpuvaPiece { Exists = true, Start = v.Start, End = start, Offset = v.Offset };
        if (v.End > end)
            op.Next = new GpuvaPiece { Exists = true, Start = end, End = v.End, Offset = v.Offset + (end - v.Start) };
    }

    private static GpuvaOp PrefetchOf(int vma, ulong start, ulong end) =>
        new() { Kind = GpuvaOpKind.Prefetch, Vma = vma, Start = start, End = end };

    private static MapRequest MiddlePiece(in Vma v, ulong start, ulong end) =>
        new(Math.Max(v.Start, start), Math.Min(v.End, end), Bo: 0, Offset: 0);

    /// <summary>Same BO at the same distance from the VA (BIND-160).</summary>
    private static bool IsContinuation(in Vma v, in MapRequest request) =>
        v.HasBo && v.Bo == request.Bo && v.Offset - v.Start == request.Offset - request.Start;

    private static Errno Finish(ref UnmanagedList<GpuvaOp> ops, int mark, bool ok) => ok ? Errno.Ok : Fail(ref ops, mark);

    private static Errno Fail(ref UnmanagedList<GpuvaOp> ops, int mark)
    {
        ops.Truncate(mark);
        return Errno.ENOMEM;
    }
}
