using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>Makes and destroys VMAs with what they hold: BO link and reference, pinned CPU pages (specification 02 section 13).</summary>
internal sealed class VmaFactory(
    GpuvaSpace space, BoTable bos, CpuAddressSpace cpu, UserptrTable userptrs, UserFenceTable userFences, VmFacts vm)
{
    /// <summary>Makes a VMA for <c>[start, end)</c> that is in no tree yet.</summary>
    /// <param name="flags">Kind and access bits; others are ignored.</param>
    /// <param name="bo">BO slot, or 0.</param>
    /// <param name="offset">BO offset or CPU address; ignored for null and mirror VMAs (BIND-161).</param>
    /// <param name="vma">The new VMA, or 0.</param>
    /// <returns>Ok; -ENOMEM; -EOVERFLOW when a userptr's CPU addresses wrap around, -EFAULT when its CPU memory is not mapped (BIND-178).</returns>
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
    public DeferredReleases Deferred { get; } = new(bos, cpu, userptrs);

    /// <summary>Destroys a VMA that is in no tree any more (BIND-224 to BIND-227). Its list and slot are free at once, its memory after
    /// <see cref="ReleaseAfter"/>.</summary>
    public void Destroy(int vma)
    {
        ref Vma v = ref space.Vmas[vma];
        if (v.HasBo)
            space.BoVmas.Unlink(vma);
        if (v.Userptr != 0)
            userptrs.Orphan(v.Userptr);
        Deferred.Add(ReleaseAfter, v.Bo, v.Userptr);
        if (v.UserFence != 0)
            userFences.DropReference(v.UserFence);
        space.Vmas.Return(vma);
    }

    /// <summary>Pins the pages of a userptr as they are now (BIND-191); those it had stay pinned until the caller lets go of them or of the new ones.</summary>
    /// <param name="v">The userptr.</param>
    /// <param name="old">What it had, for <see cref="UndoRepin"/>; the pages, which may be 0, for <see cref="DeferredReleases.AddPages"/>.</param>
    /// <returns>False when part of the CPU range is not mapped any more; then nothing has changed.</returns>
    public bool TryRepin(in Vma v, out (int Pages, ulong State) old)
    {
        old = default;
        ulong state = userptrs.Read(v.Userptr);
        int pages = cpu.TryPin(v.Offset, v.Size);
        if (pages == 0)
            return false;
        old = userptrs.Collect(v.Userptr, pages, state);
        return true;
    }

    /// <summary>Takes <see cref="TryRepin"/> back.</summary>
    public void UndoRepin(in Vma v, (int Pages, ulong State) old) => cpu.Unpin(userptrs.Collect(v.Userptr, old.Pages, old.State).Pages);

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
            if (v.Offset + (v.Size - 1) < v.Offset)
                return Errno.EOVERFLOW;
            v.Userptr = userptrs.Add(vma, v.Offset, v.Offset + v.Size);
            if (!TryRepin(v, out _))
            {
                userptrs.Remove(v.Userptr);
                return Errno.EFAULT;
            }
        }

        return Errno.Ok;
    }
}
