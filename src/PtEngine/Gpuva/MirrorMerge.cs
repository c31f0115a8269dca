using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>Widens a mirror request over neighbouring mirrors with default attributes, one step each way (BIND-130 to BIND-133).</summary>
internal static class MirrorMerge
{
    public static MapRequest Widen(GpuvaSpace space, in MapRequest request, ulong vmSize)
    {
        ulong start = request.Start, end = request.End;
        if (start >= PageSizes.Size4K && IsMergeable(space, space.FirstOverlap(start - PageSizes.Size4K, start), out Vma left))
            start = left.Start;

        // The reference looks one byte past the end and one page wide, so a mirror one page away counts as adjacent (BIND-133 a).
        // What is in between must not be of another kind, for nobody would unbind it.
        if (end < vmSize && IsMergeable(space, Probe(space, end + 1, end + PageSizes.Size4K + 1), out Vma right)
            && (right.Start <= end || IsMirrorOrNothing(space, space.FirstOverlap(end, right.Start))))
            end = right.End;
        return request with { Start = start, End = end };
    }

    /// <summary>The reference remembers the VMA of the last fault and takes it as soon as it overlaps, though another one may do so before
    /// it.</summary>
    private static int Probe(GpuvaSpace space, ulong start, ulong end)
    {
        int last = space.LastFault;
        return last != 0 && space.Vmas[last].Start < end && space.Vmas[last].End > start ? last : space.FirstOverlap(start, end);
    }

    private static bool IsMirrorOrNothing(GpuvaSpace space, int vma) => vma == 0 || space.Vmas[vma].IsMirror;

    private static bool IsMergeable(GpuvaSpace space, int vma, out Vma found)
    {
        found = vma != 0 ? space.Vmas[vma] : default;
        return vma != 0 && found.IsMirror && found.Attributes.AreDefault;
    }
}
