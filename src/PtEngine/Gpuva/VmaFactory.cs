using System.Runtime.CompilerServices;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>Makes and destroys VMAs with what they hold: BO link and reference, pinned CPU pages (specification 02 section 13).</summary>
internal sealed unsafe class VmaFactory(
    GpuvaSpace space, BoTable bos, CpuAddressSpace cpu, UserptrTable userptrs, UserFenceTable userFences, LaterList later, VmFacts vm)
{
    private readonly VmaFlags _platformFlags = vm.Platform.HasAtomicEnableBit ? VmaFlags.AtomicPte : 0;

    /// <summary>Makes the VMA of a MAP op, in no tree yet.</summary>
    /// <param name="op">The op, which learns its VMA.</param>
    /// <param name="call">Number of the call, which the VMA is marked with.</param>
    /// <param name="awaitsBind">The call will bind it.</param>
    /// <param name="holdsBo">The caller has a reference of the BO, which the VMA takes over.</param>
    /// <returns>Ok; -ENOMEM; -EOVERFLOW when a userptr's CPU addresses wrap around, -EFAULT when its CPU memory is not mapped
    /// (BIND-178).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Errno Create(ref GpuvaOp op, uint call, bool awaitsBind, ref bool holdsBo)
    {
        ref Vma v = ref space.Vmas.Rent(out int slot);
        if (slot == 0)
            return Errno.ENOMEM;
        op.Vma = slot;
        // SAFETY: records lie in native memory and never move.
        op.Record = (Vma*)Unsafe.AsPointer(ref v);
        v.Start = op.Start;
        v.End = op.End;
        v.Offset = op.Offset;
        v.Bo = op.Bo;
        v.Attributes.Pat = v.Attributes.DefaultPat = op.Pat;
        v.Call = call;
        v.AwaitsBind = awaitsBind;
        Errno error = Complete(slot, ref v, op.CreateFlags, ref holdsBo);
        return error == Errno.Ok ? Errno.Ok : GiveBack(ref op.Vma, error);
    }

    /// <summary>Makes the VMA of a piece of another one, in no tree yet (BIND-179 to BIND-181).</summary>
    /// <param name="old">The VMA that is cut.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="flags">Flags it inherits; others than kind and access bits are ignored.</param>
    /// <param name="attributes">Attributes it inherits.</param>
    /// <param name="vma">The new VMA, or 0.</param>
    /// <returns>As for <see cref="Create"/>.</returns>
    public Errno CreatePiece(in Vma old, in GpuvaPiece piece, VmaFlags flags, in VmaAttributes attributes, out int vma)
    {
        ref Vma v = ref space.Vmas.Rent(out vma);
        if (vma == 0)
            return Errno.ENOMEM;
        v.Start = piece.Start;
        v.End = piece.End;
        v.Offset = piece.Offset;
        v.Bo = old.Bo;
        v.Attributes = attributes;
        bool holdsBo = false;
        Errno error = Complete(vma, ref v, flags, ref holdsBo);
        return error == Errno.Ok ? Errno.Ok : GiveBack(ref vma, error);
    }

    /// <summary>A BO has to get memory, or to be noted as used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool NeedsLook(int bo) => bos[bo].NeedsLook;

    /// <summary>The process that userptrs are bound from; null when their memory is what the embedder declares.</summary>
    public UserptrProcess? Process { get; set; }

    /// <summary>Memory that waits for its fence.</summary>
    public DeferredReleases Deferred { get; } = new(bos, cpu, userptrs, later);

    /// <summary>Destroys a VMA that is in no tree any more (BIND-224 to BIND-227). Its list and slot are free at once, its memory after a
    /// fence, because the bind that removed it may still run.</summary>
    public void Destroy(int vma, Fence after) => Destroy(vma, ref space.Vmas[vma], after);

    /// <summary>The same for who has its record at hand.</summary>
    public void Destroy(int vma, ref Vma v, Fence after)
    {
        if (v.HasBo)
            space.BoVmas.Unlink(v);
        if (v.Userptr != 0)
            userptrs.Orphan(v.Userptr);
        Deferred.Add(after, v.Bo, v.Userptr);
        if (v.UserFence != 0)
            userFences.DropReference(v.UserFence);
        space.Vmas.Return(vma, ref v);
    }

    /// <summary>Pins the pages of a userptr as they are now (BIND-191); those it had stay pinned until the caller lets go of them or of the
    /// new ones.</summary>
    /// <param name="v">The userptr.</param>
    /// <param name="old">What it had, for <see cref="UndoRepin"/>; the pages, which may be 0, for
    /// <see cref="DeferredReleases.AddPages"/>.</param>
    /// <returns>Ok; -EFAULT when part of the CPU range is not mapped any more, -ENOMEM when the host has no memory, and what else a process
    /// says (<see cref="UserptrProcess.Collect"/>); then nothing has changed.</returns>
    public Errno Repin(in Vma v, out UserptrPages old)
    {
        old = default;
        ulong state = userptrs.Read(v.Userptr);
        int pagemap = 0;
        Errno error = userptrs.NotifierOf(v.Userptr) is { } notifier
            ? notifier.Process.Collect(notifier, v, ref state, out int pages, out pagemap)
            : cpu.Pin(v.Offset, v.Size, forWriting: (v.Flags & VmaFlags.ReadOnly) == 0, out pages);
        if (error == Errno.Ok)
            old = userptrs.Collect(v.Userptr, new UserptrPages(pages, pagemap, state));
        return error;
    }

    /// <summary>Takes <see cref="Repin"/> back. What it pinned may have been let go of already, because it changed meanwhile.</summary>
    public void UndoRepin(in Vma v, UserptrPages old)
    {
        int pinned = userptrs.Collect(v.Userptr, old).Slot;
        if (pinned != 0)
            cpu.Unpin(pinned);
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

    /// <summary>Before its pages are collected (UPTR-002).</summary>
    private Errno Watch(UserptrProcess process, in Vma v)
    {
        Errno error = process.Watch(userptrs.NameOf(v.Userptr), v.Offset, v.Offset + v.Size, out UserptrNotifier? notifier);
        if (notifier is not null)
            userptrs.Watch(v.Userptr, notifier);
        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno Complete(int vma, ref Vma v, VmaFlags flags, ref bool holdsBo)
    {
        v.Flags = (flags & VmaFlags.CreateMask) | _platformFlags;
        // BIND-161
        if ((flags & (VmaFlags.Null | VmaFlags.Mirror)) != 0)
            v.Offset = 0;
        return v.HasBo ? AttachBo(vma, ref v, ref holdsBo) : v.IsUserptr ? AttachPages(vma, ref v) : Errno.Ok;
    }

    private Errno GiveBack(ref int vma, Errno error)
    {
        space.Vmas.Return(vma);
        vma = 0;
        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno AttachBo(int vma, ref Vma v, ref bool holdsBo)
    {
        if (!space.BoVmas.TryLink(vma, ref v))
            return Errno.ENOMEM;
        if (holdsBo)
            holdsBo = false;
        else
            bos.AddReference(v.Bo);
        return Errno.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Errno AttachPages(int vma, ref Vma v)
    {
        if (v.Offset + (v.Size - 1) < v.Offset)
            return Errno.EOVERFLOW;
        v.Userptr = userptrs.Add(vma, v);
        Errno error = Process is null ? Errno.Ok : Watch(Process, v);
        if (error == Errno.Ok)
            error = Repin(v, out _);
        if (error != Errno.Ok)
            userptrs.Remove(v.Userptr);
        return error;
    }
}
