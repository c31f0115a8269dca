using System.Numerics;
using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;

namespace XePt.Accesses;

/// <summary>Many accesses at once, in rounds: each goes on as far as it can, the page faults that they have then are raised, one for all
/// that want the same of the same page, and are serviced side by side where their queues are several; the next round goes on from
/// there.</summary>
/// <remarks>Single user; rented for a call, and used again with all its arrays.</remarks>
internal sealed class AccessBatch : IReturnable<AccessBatch>
{
    private const int NoFault = -1;

    private AccessBatch? _next;
    private AccessRun[] _runs = [];
    private Range[] _parts = [];
    private int _count;
    private int _mask;

    // Of each access: the fault of this round that it waits for.
    private int[] _waits = [];
    private AccessFault[] _faults = [];
    private FaultKey[] _keys = [];
    private int[] _table = [];
    private int _faultCount;

    /// <summary>What makes two page faults the same.</summary>
    private readonly record struct FaultKey(VmContext Vm, ulong Page, GpuAccessKind Kind, int Gt);

    ref AccessBatch? IReturnable<AccessBatch>.NextReturned => ref _next;

    /// <summary>Gets room for so many accesses.</summary>
    public void Reserve(int count)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1));
        _mask = (2 * length) - 1;
        if (_runs.Length >= length)
            return;
        (_runs, _parts, _waits) = (new AccessRun[length], new Range[length], new int[length]);
        (_faults, _keys, _table) = (new AccessFault[length], new FaultKey[length], new int[2 * length]);
    }

    /// <summary>Adds an access with its part of the bytes.</summary>
    public void Add(in AccessRun run, Range bytes) => (_runs[_count], _parts[_count++]) = (run, bytes);

    /// <summary>Goes through with it.</summary>
    public void Run(DeviceAccess device, Span<byte> bytes)
    {
        while (TakeRound(device, bytes))
        {
        }

        for (int i = 0; i < _count; i++)
            _runs[i].KeepOld(bytes[_parts[i]]);
    }

    /// <summary>What became of an access.</summary>
    public GpuAccess this[int index] => _runs[index].Result;

    /// <summary>The batch is of no use any more, and keeps nobody's VM alive.</summary>
    public void Clear()
    {
        GiveUp();
        Array.Clear(_runs, 0, _count);
        Array.Clear(_keys, 0, _count);
        _count = 0;
    }

    /// <summary>One round.</summary>
    /// <returns>False when all accesses are over.</returns>
    private bool TakeRound(DeviceAccess device, Span<byte> bytes)
    {
        Array.Clear(_table, 0, _mask + 1);
        bool goesOn = false;
        for (int i = 0; i < _count; i++)
        {
            _waits[i] = NoFault;
            if (_runs[i].IsOver || _runs[i].TryFinish(device, bytes[_parts[i]]))
                continue;
            goesOn = true;
            _waits[i] = Require(device, ref _runs[i]);
        }

        for (int i = 0; i < _count; i++)
        {
            if (_waits[i] != NoFault)
                TakeAnswer(device, ref _runs[i], _faults[_waits[i]]);
        }

        GiveUp();
        return goesOn;
    }

    /// <summary>The page fault of an access: one that is raised already, or a new one. When its queue is full of others of the batch, the
    /// access waits for the next round.</summary>
    private int Require(DeviceAccess device, ref AccessRun run)
    {
        GpuFault fault = run.Fault;
        var key = new FaultKey(run.Vm, fault.PageAddress, fault.Access, fault.Gt);
        int at = key.GetHashCode() & _mask;
        for (; _table[at] != 0; at = (at + 1) & _mask)
        {
            if (_keys[_table[at] - 1] == key)
            {
                run.Raised();
                return _table[at] - 1;
            }
        }

        if (_faultCount > 0 && !device.HasRoom(fault.Asid))
            return NoFault;
        _keys[_faultCount] = key;
        _faults[_faultCount] = device.Raise(fault);
        _table[at] = ++_faultCount;
        run.Raised();
        return _faultCount - 1;
    }

    private static void TakeAnswer(DeviceAccess device, ref AccessRun run, AccessFault fault)
    {
        if (fault.IsKnown || device.TryWait(fault, run.Vm.Tlb.Vm.Asid))
            run.Answer(fault.Why, fault.IsLost);
        else
            run.End(GpuAccessStatus.Pending);
    }

    private void GiveUp()
    {
        while (_faultCount > 0)
            _faults[--_faultCount].GiveUp();
    }
}
