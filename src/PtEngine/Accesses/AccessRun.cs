using System.Runtime.InteropServices;
using XePt.Faults;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Accesses;

/// <summary>One access, page by page: it goes on until it is over or has a page fault, and after the answer goes on where it was. A value,
/// so that many can be in flight without objects.</summary>
internal struct AccessRun(VmContext vm, int gt, ulong va, GpuAccessKind kind, int length, GpuAtomic atomic = default)
{
    // Each time the page was there for a moment and was taken away again, or does not become what it must be.
    private const int MostFaults = 32;

    // The driver may find a mapping bound already whose stores wait for a fence.
    private const int FaultsBeforePending = 2;
    private const int PageBytes = (int)PageSizes.Size4K;

    private int _done;
    private int _scratch;
    private int _faults;
    private int _faultsHere;
    private Translation _last;
    private GpuAccessStatus _status;
    private Rejection _why;
    private bool _isOver;

    public readonly VmContext Vm => vm;

    public readonly bool IsOver => _isOver;

    /// <summary>The bytes stay where they are: only the entries must let the access pass.</summary>
    public bool IsLook { get; init; }

    /// <summary>What an atomic access has found.</summary>
    public ulong Old { get; private set; }

    /// <summary>What became of it.</summary>
    public readonly GpuAccess Result => new(_status, _done, _last) { Faults = _faults, ScratchBytes = _scratch, Why = _why };

    /// <summary>The page fault that it has.</summary>
    public readonly GpuFault Fault => new()
    {
        Gt = gt,
        Asid = vm.Tlb.Vm.Asid,
        PageAddress = Here & ~(ulong)(PageBytes - 1),
        Access = kind,
        Type = (byte)(!_last.IsPresent ? 0 : kind == GpuAccessKind.Atomic && _last.IsWritable ? 2 : 1),
        Level = _last.Level,
    };

    private readonly ulong Here => va + (ulong)_done;

    /// <summary>What an atomic access has found is what its bytes are afterwards.</summary>
    public readonly void KeepOld(Span<byte> bytes)
    {
        if (kind == GpuAccessKind.Atomic && length == sizeof(ulong))
            MemoryMarshal.Write(bytes, Old);
        else if (kind == GpuAccessKind.Atomic)
            MemoryMarshal.Write(bytes, (uint)Old);
    }

    /// <summary>Goes on.</summary>
    /// <returns>True when it is over; false when it has a page fault.</returns>
    public bool TryFinish(DeviceAccess device, Span<byte> bytes)
    {
        while (_done < length && !_isOver)
        {
            Span<byte> part = bytes.Slice(_done, Math.Min(length - _done, PageBytes - (int)(Here & (PageBytes - 1))));
            GpuAccessStatus status = Move(device, part);
            if (status is not (GpuAccessStatus.Done or GpuAccessStatus.Scratch))
            {
                if (!IsFault(status))
                    End(status);
                else if (_faultsHere >= FaultsBeforePending && !vm.IsIdle)
                    End(GpuAccessStatus.Pending);
                else
                    return false;
                break;
            }

            _done += part.Length;
            _scratch += status == GpuAccessStatus.Scratch ? part.Length : 0;
            _faultsHere = 0;
        }

        if (!_isOver)
            End(_scratch > 0 ? GpuAccessStatus.Scratch : GpuAccessStatus.Done);
        return true;
    }

    /// <summary>A page fault is raised for it.</summary>
    public void Raised()
    {
        _faults++;
        _faultsHere++;
    }

    /// <summary>It is known what became of the page fault.</summary>
    public void Answer(in Rejection why, bool isLost)
    {
        _why = why;
        if (isLost || why.IsRejected)
            End(isLost ? GpuAccessStatus.Lost : GpuAccessStatus.Nacked);
        else if (_faultsHere >= MostFaults)
            End(GpuAccessStatus.Refaulting);
    }

    /// <summary>It is over.</summary>
    public void End(GpuAccessStatus status) => (_status, _isOver) = (status, true);

    private readonly bool IsFault(GpuAccessStatus status) => vm.Facts.IsFaultMode
        && status is GpuAccessStatus.NotPresent or GpuAccessStatus.ReadOnly or GpuAccessStatus.NoAtomics;

    /// <summary>Looks the page up and moves its bytes, as one step for whoever invalidates the page.</summary>
    private unsafe GpuAccessStatus Move(DeviceAccess device, Span<byte> bytes)
    {
        // SAFETY: the pin is lifted once, whatever the memory does.
        long* pin = device.Gate.Enter();
        try
        {
            AccessWatch? watch = device.Watch;
            ulong begun = watch?.Begin(gt) ?? 0;
            _last = Translate(device);
            GpuAccessStatus status = Judge(_last);
            if (IsLook || status is not (GpuAccessStatus.Done or GpuAccessStatus.Scratch))
                return status;
            var part = new AccessPart(kind, atomic, bytes);
            if (status == GpuAccessStatus.Scratch)
                part.Vanish();
            else if (!device.Memory.TryMove(vm, _last, ref part))
                return GpuAccessStatus.NoMemory;
            Old = part.Old;
            watch?.End(gt, vm.Tlb.Vm, _last, begun);
            return status;
        }
        finally
        {
            device.Gate.Exit(pin);
        }
    }

    private readonly unsafe Translation Translate(DeviceAccess device)
    {
        TileTables tables = vm.Tables[gt / vm.Facts.Platform.GtSlotsPerTile];
        if (Here >= vm.Facts.Platform.VmSize)
            return tables.Nothing(Here, TranslationStatus.OutOfRange);
        // SAFETY: the walk reads entries only and cannot throw between both.
        long* pin = device.Walks.Enter();
        Translation where = tables.IsAttached ? tables.Walk.Translate(Here) : tables.Nothing(Here, TranslationStatus.NotPresent);
        device.Walks.Exit(pin);
        return where;
    }

    /// <summary>Whether an entry lets the access pass.</summary>
    private readonly GpuAccessStatus Judge(in Translation where)
    {
        if (!where.IsPresent)
            return where.Status == TranslationStatus.OutOfRange ? GpuAccessStatus.OutOfRange : GpuAccessStatus.NotPresent;
        if (kind != GpuAccessKind.Read && !where.IsWritable)
            return GpuAccessStatus.ReadOnly;
        if (where.Status == TranslationStatus.Null)
            return GpuAccessStatus.Scratch;
        bool needsEnable = kind == GpuAccessKind.Atomic && vm.Facts.Platform.HasAtomicEnableBit;
        return needsEnable && (where.Entry & PteFormats.AtomicEnable) == 0 ? GpuAccessStatus.NoAtomics : GpuAccessStatus.Done;
    }
}
