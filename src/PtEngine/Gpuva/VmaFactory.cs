using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>Makes and destroys VMAs with what they hold: BO link and reference, pinned CPU pages (specification 02 section 13).</summary>
internal sealed class VmaFactory(GpuvaSpace space, BoTable bos, CpuAddressSpace cpu, UserFenceTable userFences, VmFacts vm)
{
    /// <summary>Makes a VMA for <c>[start, end)</c> that is in no tree yet.</summary>
    /// <param name="flags">Kind and access bits; others are ignored.</param>
    /// <param name="bo">BO slot, or 0.</param>
    /// <param name="offset">BO offset or CPU address; ignored for null and mirror VMAs (BIND-161).</param>
    /// <param name="vma">The new VMA, or 0.</param>
    /// <returns>Ok; -ENOMEM; -EFAULT when a userptr's CPU memory is not mapped (BIND-178).</returns>
    public Errno Create(ulong start, ulong end, VmaFlags flags, int bo, ulong offset, in VmaAttributes attributes, out int vma)
    {
        vma = space.Vmas.Rent();
        if (vma == 0)
            return Errno.ENOMEM;

        ref Vma v = ref space.Vmas[vma];
        v.Start = start;
        v.End = end;
        v.Flags = (flags & VmaFlags.CreateMask) | (vm.Platform.HasAtomicEnableBit ? VmaFlags.AtomicPte : 0);
        v.Bo = bo;
        v.Attributes = attributes;
        v.TileMask = vm.TileMask;
        v.Offset = v.IsNull || v.IsMirror ? 0 : offset;

        Errno error = Attach(vma, ref v);
        if (error == Errno.Ok)
            return Errno.Ok;
        space.Vmas.Return(vma);
        vma = 0;
        return error;
    }

    /// <summary>While this fence is pending, destroyed VMAs leave their memory with <see cref="Deferred"/>: the bind that removed them still runs.</summary>
    public Fence ReleaseAfter { get; set; }

    /// <summary>Memory that waits for its fence.</summary>
    public DeferredReleases Deferred { get; } = new(bos, cpu);

    /// <summary>Destroys a VMA that is in no tree any more (BIND-224 to BIND-227). Its list and slot are free at once, its memory after
    /// <see cref="ReleaseAfter"/>.</summary>
    public void Destroy(int vma)
    {
        ref Vma v = ref space.Vmas[vma];
        if (v.HasBo)
            space.BoVmas.Unlink(vma);
        Deferred.Add(ReleaseAfter, v.Bo, v.Pinned);
        if (v.UserFence != 0)
            userFences.DropReference(v.UserFence);
        space.Vmas.Return(vma);
    }

    /// <summary>Pins the pages of a userptr as they are now (BIND-191); those it had stay pinned until the caller lets go of them or of the new ones.</summary>
    /// <returns>False when part of the CPU range is not mapped any more; then nothing has changed.</returns>
    public bool TryRepin(ref Vma v, out int old)
    {
        old = 0;
        int pinned = cpu.TryPin(v.Offset, v.Size);
        if (pinned == 0)
            return false;
        (old, v.Pinned) = (v.Pinned, pinned);
        return true;
    }

    /// <summary>Takes <see cref="TryRepin"/> back.</summary>
    public void UndoRepin(ref Vma v, int old)
    {
        cpu.Unpin(v.Pinned);
        v.Pinned = old;
    }

    /// <summary>Lets go of pinned pages once the bind that replaces them is complete.</summary>
    public void ReleasePages(int pinned)
    {
        if (pinned != 0)
            Deferred.Add(ReleaseAfter, bo: 0, pinned);
    }

    /// <summary>Remembers the user fence of the bind that made or prefetched a VMA; a newer one replaces an older one (BIND-252).</summary>
    public void RememberUserFence(int vma, int fence)
    {
        ref Vma v = ref space.Vmas[vma];
        if (v.UserFence != 0)
            userFences.DropReference(v.UserFence);
        v.UserFence = fence;
        userFences.AddReference(fence);
    }

    private Errno Attach(int vma, ref Vma v)
    {
        if (v.HasBo)
        {
            if (!space.BoVmas.TryLink(vma))
                return Errno.ENOMEM;
            bos.AddReference(v.Bo);
        }
        else if (v.IsUserptr)
        {
            v.Pinned = cpu.TryPin(v.Offset, v.Size);
            if (v.Pinned == 0)
                return Errno.EFAULT;
        }

        return Errno.Ok;
    }
}
