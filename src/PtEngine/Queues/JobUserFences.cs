using System.Buffers.Binary;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi.Formats;

namespace XePt.Queues;

/// <summary>
/// The user fences of one job: GPU addresses and the values that the job writes there when it is complete (BIND-126). The write goes where
/// a store of the GPU would go: by the tables of that moment. What is behind the page is found out when the job is submitted, by the VMA
/// there.
/// </summary>
/// <remarks>
/// <para>A mirror VMA stands for the client's memory at the same address, a userptr for that at the address it names. A VM with faults
/// needs no entry for either, because a fault would bring one; other VMs must have the userptr's page in their tables. Everything else goes
/// to the embedder's <see cref="IGpuStore"/>. A fence whose page is not mapped writable, or that no store takes, is lost as a faulting
/// store is.</para>
/// <para>Concurrency: filled by the VM's writer side while nobody else knows the job, written by the one thread that completes it. The VMA
/// list is not looked at again then, so completing takes no gate.</para>
/// </remarks>
internal sealed class JobUserFences
{
    /// <summary>Memory of the client behind a fence: its CPU address, and the device address of its page, or one of the values
    /// below.</summary>
    private readonly record struct Target(ulong Cpu, ulong Device)
    {
        /// <summary>No entry is needed: a fault would bring one.</summary>
        public const ulong NeedsNone = 0;

        /// <summary>Any page of system memory: the pages of the userptr may be others by the time the job is complete, because its queue is
        /// stopped for that.</summary>
        public const ulong Moves = ulong.MaxValue;

        public bool IsReachedBy(in Translation where) =>
            Device == Moves ? (where.Entry & PteFormats.DeviceMemory) == 0 : Device == where.Address;
    }

    private GpuUserFence[] _fences = [];
    private Target?[] _targets = [];

    public int Count { get; private set; }

    public ReadOnlySpan<GpuUserFence> Items => _fences.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(VmContext vm, ulong address, ulong value)
    {
        if (Count == _fences.Length)
        {
            Array.Resize(ref _fences, Math.Max(4, Count * 2));
            Array.Resize(ref _targets, _fences.Length);
        }

        _fences[Count] = new GpuUserFence(address, value);
        _targets[Count] = Resolve(vm, address);
        Count++;
    }

    /// <summary>Writes all values, in the order of the call.</summary>
    /// <returns>Fences lost.</returns>
    public int Write(VmTranslator translator, QueueHost host)
    {
        int lost = 0;
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, _fences[i].Value);
            lost += TryWriteGuarded(translator, host, _fences[i].Address, _targets[i], word) ? 0 : 1;
        }

        if (Count > 0)
            host.Changed.Notify();
        return lost;
    }

    /// <summary>A store of the embedder's that throws has not taken the value.</summary>
    private static bool TryWriteGuarded(VmTranslator translator, QueueHost host, ulong address, Target? target, ReadOnlySpan<byte> word)
    {
        try
        {
            return TryWrite(translator, host, address, target, word);
        }
        catch (Exception thrown)
        {
            host.Scheduler.Note(thrown);
            return false;
        }
    }

    private static bool TryWrite(VmTranslator translator, QueueHost host, ulong address, Target? target, ReadOnlySpan<byte> word)
    {
        if (target is { Device: Target.NeedsNone } faulting)
            return !translator.IsClosed && host.Memory.TryWrite(faulting.Cpu, word);

        Translation where = translator.Translate(address);
        if (where.Status != TranslationStatus.Mapped || !where.IsWritable)
            return false;
        return target is { } pinned && pinned.IsReachedBy(where)
            ? host.Memory.TryWrite(pinned.Cpu, word)
            : host.Store is { } store && store.TryWrite(where, word);
    }

    private static Target? Resolve(VmContext vm, ulong address)
    {
        int slot = vm.Space.Find(address);
        if (slot == 0)
            return null;

        ref Vma vma = ref vm.Space.Vmas[slot];
        if (vma.IsMirror)
            return new Target(address, Target.NeedsNone);
        if (!vma.IsUserptr || (vma.Flags & VmaFlags.ReadOnly) != 0)
            return null;

        ulong cpu = vma.Offset + (address - vma.Start);
        if (vm.Facts.IsLongRunning)
            return new Target(cpu, vm.Facts.IsFaultMode ? Target.NeedsNone : Target.Moves);
        int pages = vm.Userptrs.PagesOf(vma.Userptr);
        return pages == 0 ? null : new Target(cpu, DeviceAddress(vm, pages, cpu));
    }

    private static ulong DeviceAddress(VmContext vm, int pinned, ulong cpu)
    {
        Backing pages = vm.Cpu.BackingOf(pinned, out ulong start);
        ulong offset = cpu - start;
        return pages.CursorAt(offset).AddressAt(offset) + pages.AddressBias;
    }
}
