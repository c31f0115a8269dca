using System.Runtime.InteropServices;

namespace XePt.Streaming;

/// <summary>
/// The way of one column to memory. Each access is translated; in a fault-mode VM one that has a page fault waits without a thread: its
/// instruction is tried again later, from its start or from where it has noted to be, and finds the result here.
/// </summary>
/// <remarks>An instruction that is tried again repeats what it read before; what waits is recognised by its address, kind and size. Only
/// one access waits at a time, and one that is given up for another touches its bytes no more. An instruction with an atomic access makes
/// no other before it, so nothing is done twice.</remarks>
internal sealed class MemoryPort(XeVm vm, int gt, StreamTally tally, Action<StreamerAccess>? observer, Action answered)
{
    /// <summary>Bytes that an access moves at most while faults are possible.</summary>
    public const int FaultingBytes = 4096;

    // Addresses are of 48 bits, or of 57, with their signs.
    private readonly ulong _mask = Math.Max(vm.Size, 1UL << 48) - 1;
    private readonly bool _canFault = vm.Mode == Uapi.VmMode.Fault;
    private readonly Action<Uapi.Errno> _answered = _ => answered();
    private PendingAccess? _pending;
    private (ulong Va, GpuAccessKind Kind, int Size) _waiting;
    private byte[] _waitingBytes = [];
    private byte[] _bytes = [];

    /// <summary>What was in the way of the last access that failed.</summary>
    public GpuAccess Last { get; private set; }

    /// <summary>Its address.</summary>
    public ulong LastAddress { get; private set; }

    /// <summary>Its kind.</summary>
    public GpuAccessKind LastKind { get; private set; }

    /// <summary>What was written so far, in accesses.</summary>
    public long Writes { get; private set; }

    /// <summary>Bytes to move at most with one access.</summary>
    public int MostBytes(int without) => _canFault ? Math.Min(without, FaultingBytes) : without;

    /// <summary>An address as the tables know it.</summary>
    public ulong Strip(ulong va) => va & _mask;

    /// <summary>Reads bytes.</summary>
    public Step Read(ulong va, Span<byte> into, bool isFetch = false) => Move(va, GpuAccessKind.Read, into, isFetch);

    /// <summary>Reads a dword.</summary>
    public Step Read(ulong va, out uint value)
    {
        value = 0;
        return Read(va, MemoryMarshal.AsBytes(new Span<uint>(ref value)));
    }

    /// <summary>Reads a qword.</summary>
    public Step Read(ulong va, out ulong value)
    {
        value = 0;
        return Read(va, MemoryMarshal.AsBytes(new Span<ulong>(ref value)));
    }

    /// <summary>Writes bytes.</summary>
    public Step Write(ulong va, ReadOnlySpan<byte> from)
    {
        // SAFETY: the same bytes, which a write does not change.
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(from), from.Length);
        Step step = Move(va, GpuAccessKind.Write, bytes, isFetch: false);
        Writes += step == Step.Next ? 1 : 0;
        return step;
    }

    /// <summary>Writes a dword.</summary>
    public Step Write(ulong va, uint value) => Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    /// <summary>Writes a qword.</summary>
    public Step Write(ulong va, ulong value) => Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));

    /// <summary>An atomic access.</summary>
    public Step Atomic(ulong va, GpuAtomic atomic, out ulong old)
    {
        va = Note(va, GpuAccessKind.Atomic, atomic.Size, isFetch: false);
        Step step = _canFault ? AtomicOrWait(va, atomic, out old) : Judge(vm.Atomic(va, atomic, out old, gt));
        Writes += step == Step.Next ? 1 : 0;
        return step;
    }

    /// <summary>Nobody waits for an answer any more.</summary>
    public void GiveUp()
    {
        _pending?.Dispose();
        _pending = null;
    }

    private Step Move(ulong va, GpuAccessKind kind, Span<byte> bytes, bool isFetch)
    {
        va = Note(va, kind, bytes.Length, isFetch);
        return _canFault ? MoveOrWait(va, kind, bytes) : Judge(vm.Access(va, kind, bytes, gt));
    }

    private Step MoveOrWait(ulong va, GpuAccessKind kind, Span<byte> bytes)
    {
        if (_pending is { } pending && _waiting == (va, kind, bytes.Length))
        {
            if (!pending.IsCompleted)
                return Step.Faulting;
            if (kind == GpuAccessKind.Read)
                _waitingBytes.AsSpan(0, bytes.Length).CopyTo(bytes);
            return End();
        }

        if (_bytes.Length < bytes.Length)
            _bytes = new byte[Math.Max(bytes.Length, 64)];
        bytes.CopyTo(_bytes);
        PendingAccess access = vm.BeginAccess(va, kind, _bytes.AsMemory(0, bytes.Length), gt);
        if (!access.IsCompleted)
        {
            GiveUp();
            (_pending, _waiting) = (access, (va, kind, bytes.Length));
            (_waitingBytes, _bytes) = (_bytes, _waitingBytes);
            access.Completed.OnSignalled(_answered);
            return Step.Faulting;
        }

        GpuAccess result = access.Result;
        access.Dispose();
        if (kind == GpuAccessKind.Read)
            _bytes.AsSpan(0, bytes.Length).CopyTo(bytes);
        return Judge(result);
    }

    private Step AtomicOrWait(ulong va, GpuAtomic atomic, out ulong old)
    {
        old = 0;
        if (_pending is not { } access || _waiting != (va, GpuAccessKind.Atomic, atomic.Size))
        {
            GiveUp();
            access = vm.BeginAtomic(va, atomic, gt);
            (_pending, _waiting) = (access, (va, GpuAccessKind.Atomic, atomic.Size));
            if (!access.IsCompleted)
                access.Completed.OnSignalled(_answered);
        }

        if (!access.IsCompleted)
            return Step.Faulting;
        old = access.OldValue;
        return End();
    }

    private Step End()
    {
        GpuAccess result = _pending!.Value.Result;
        GiveUp();
        return Judge(result);
    }

    private ulong Note(ulong va, GpuAccessKind kind, int bytes, bool isFetch)
    {
        va = Strip(va);
        (LastAddress, LastKind) = (va, kind);
        observer?.Invoke(new StreamerAccess(vm, gt, va, kind, bytes, isFetch));
        return va;
    }

    private Step Judge(in GpuAccess access)
    {
        tally.Access(access);
        if (access.IsDone)
            return Step.Next;
        Last = access;
        return access.Status == GpuAccessStatus.Pending ? Step.Faulting : Step.Failed;
    }
}
