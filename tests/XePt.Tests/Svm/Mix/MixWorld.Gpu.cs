using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Tests.Svm.Mix;

// What GPUs do: translate, fault, translate again, and then read or write the bytes where the translation leads.
internal sealed partial class MixWorld
{
    private const int MostTries = 16;
    private const int Queues = 4;

    private readonly Queue<Raised>[] _raised = [.. Enumerable.Range(0, Queues).Select(_ => new Queue<Raised>())];
    private readonly List<(Raised Fault, Errno Error, string Wrong)> _doubtful = [];
    private readonly ushort[] _inService = new ushort[Queues];
    private ushort _tag;
    private Errno? _answer;

    private enum Ended
    {
        Done,
        Nacked,
        Waits,
    }

    /// <summary>A fault without an answer yet.</summary>
    /// <param name="Tag">What the answer is known by.</param>
    /// <param name="Gt">Where it was raised.</param>
    /// <param name="Vm">Whose it is.</param>
    /// <param name="Page">Where it is.</param>
    /// <param name="Kind">What was to be done there.</param>
    /// <param name="Failures">Copies that had failed before.</param>
    private readonly record struct Raised(ushort Tag, int Gt, MixVm Vm, int Page, GpuAccessKind Kind, int Failures);

    /// <summary>An access: what it is to do, and what came of it.</summary>
    private ref struct GpuUse(MixVm vm, int page, int word, GpuAccessKind kind)
    {
        public readonly MixVm Vm = vm;
        public readonly int Page = page;
        public readonly int Word = word;
        public readonly GpuAccessKind Kind = kind;

        /// <summary>What was read, or is written.</summary>
        public ulong Value;

        public Translation Where;
    }

    /// <summary>Answers of a queue come in the order of the faults, one for each. Those of the engine's own accesses have no tag.</summary>
    public void Reply(in GpuFaultReply reply)
    {
        if (reply.Fault.ProducerData == 0)
            return;
        if (reply.Fault.ProducerData == _tag)
            _answer = reply.Error;
        Queue<Raised> raised = _raised[reply.Fault.Asid % Queues];
        _inService[reply.Fault.Asid % Queues] = 0;
        if (!raised.TryDequeue(out Raised first) || first.Tag != reply.Fault.ProducerData)
            Fail($"an answer to {reply.Fault} out of its turn");
        AnsweredQueues |= 1 << (int)(reply.Fault.Asid % Queues);
        if (reply.Error != Errno.Ok && WhatIsWrongWith(first, reply.Error) is { } wrong)
            _doubtful.Add((first, reply.Error, wrong));
    }

    /// <summary>Queues, a bit for each, that faults have been answered from.</summary>
    public int AnsweredQueues { get; private set; }

    /// <summary>A nack in the middle of a step is right before or after it: the step may be what is wrong with the fault.</summary>
    private void CheckDoubtful()
    {
        foreach ((Raised fault, Errno error, string wrong) in _doubtful)
        {
            if (WhatIsWrongWith(fault, error) is { } still)
                Fail(still == wrong ? wrong : $"{wrong}; and after the step {still}");
        }

        _doubtful.Clear();
    }

    private string? WhatIsWrongWith(in Raised fault, Errno error)
    {
        _failuresBefore = fault.Failures;
        return WhatIsWrongWith(new GpuUse(fault.Vm, fault.Page, word: 0, fault.Kind), error);
    }

    private bool GpuRead(MixVm vm, int page, int choice)
    {
        var use = new GpuUse(vm, page, choice % PlainContent.Words, GpuAccessKind.Read);
        if (!Access(ref use, choice / PlainContent.Words))
            return false;
        PlainContent? content = Allowed(use, out bool isNull);
        ulong expected = isNull ? 0 : content!.Values[use.Word];
        Equal(expected, use.Value, $"read by the GPU at page {page}, word {use.Word}, {use.Where}");
        return true;
    }

    private bool GpuWrite(MixVm vm, int page, int choice)
    {
        var use = new GpuUse(vm, page, choice % PlainContent.Words, GpuAccessKind.Write) { Value = ++_value };
        if (!Access(ref use, choice / PlainContent.Words))
            return false;
        if (Allowed(use, out _) is { } content)
            content.Values[use.Word] = use.Value;
        return true;
    }

    private bool GpuAdd(MixVm vm, int page, int choice)
    {
        var use = new GpuUse(vm, page, choice % PlainContent.Words, GpuAccessKind.Atomic);
        if (!Access(ref use, choice / PlainContent.Words))
            return false;
        if (Allowed(use, out _) is not { } content)
            return true;
        Equal(content.Values[use.Word], use.Value, $"read by an atomic at page {page}, word {use.Word}, {use.Where}");
        content.Values[use.Word]++;
        return true;
    }

    /// <summary>Accesses until it is done or nacked: as the engine does it, or through a TLB.</summary>
    private bool Access(ref GpuUse use, int which)
    {
        int gt = which / 2 % _gts.Length;
        return which % 2 == 0 ? AccessByEngine(ref use, _gts[gt]) : AccessByTlb(ref use, gt);
    }

    private bool AccessByEngine(ref GpuUse use, int gt)
    {
        ulong va = At(use.Page) + Offset(use.Word);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BitConverter.TryWriteBytes(bytes, use.Value);
        _failuresBefore = _engine.Failures;
        GpuAccess access = Access(ref use, va, bytes, gt);
        while (access.Status == GpuAccessStatus.Pending && _engine.Count > 0)
        {
            Settle();
            access = Access(ref use, va, bytes, gt);
        }

        if (use.Kind == GpuAccessKind.Read)
            use.Value = BitConverter.ToUInt64(bytes);
        use.Where = access.Last;
        if (access.Status == GpuAccessStatus.Nacked)
            CheckNack(use, access.Error);
        else if (!access.IsDone && !(access.Status == GpuAccessStatus.Pending && IsHeldUp(use.Vm))
            && !(access.Status == GpuAccessStatus.Refaulting && IsInVain(use, gt)))
            Fail($"the {use.Kind} at page {use.Page}: {access}");
        return access.IsDone;
    }

    private static GpuAccess Access(ref GpuUse use, ulong va, scoped Span<byte> bytes, int gt) => use.Kind == GpuAccessKind.Atomic
        ? use.Vm.Vm.Atomic(va, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out use.Value, gt)
        : use.Vm.Vm.Access(va, use.Kind, bytes, gt);

    private bool AccessByTlb(ref GpuUse use, int gt)
    {
        _failuresBefore = _engine.Failures;
        for (int tries = 0; tries < MostTries; tries++)
        {
            if (TryAccess(ref use, gt))
                return true;
            Ended ended = Fault(use.Vm, _gts[gt], use.Page, use.Kind);
            if (ended == Ended.Waits && !IsHeldUp(use.Vm))
                Fail($"no answer to the {use.Kind} at page {use.Page}");
            if (ended == Ended.Nacked)
                CheckNack(use, _answer!.Value);
            if (ended != Ended.Done || (tries > 2 && IsInVain(use, _gts[gt])))
                return false;
        }

        Fail($"the {use.Kind} at page {use.Page} faults without end; last {use.Where}");
        return false;
    }

    /// <summary>As in the driver an atomic access of a mirror is answered as served though its entry does not enable atomics, and hardware
    /// would go on for ever: on an integrated device, where memory need not move, when atomics are the CPU's (FLT-050, FLT-056); when
    /// atomics need VRAM and the pages of a range, which have been collected before, are in system memory and cannot leave it, because they
    /// are too few or in several mappings (SVM-070, SVM-075, SVM-090); and when the range is valid
    /// where it has to be (SVM-047), bound when the mirror there had the attribute that disables atomics, which has gone with that
    /// mirror (SVM-120), as the vectors of the policy show.</summary>
    private bool IsInVain(in GpuUse use, int gt)
    {
        if (use.Kind != GpuAccessKind.Atomic || !use.Where.IsPresent || !use.Where.IsWritable
            || (use.Where.Entry & PteFormats.AtomicEnable) != 0
            || use.Vm.Vm.FindVma(At(use.Page)) is not { Kind: VmaKind.Mirror } vma)
            return false;
        if (!_setting.Platform.IsDiscrete && vma.Atomic == AtomicAccess.Cpu)
            return true;
        SvmRangeMap ranges = use.Vm.Vm.Context.Ranges;
        ref readonly SvmRange range = ref ranges[ranges.Containing(At(use.Page))];
        bool needsVram = NeedsVram(use, vma.Atomic);
        if (needsVram && !use.Where.IsDeviceMemory)
            return (_setting.Platform.VramNeeds64K && range.Size < SvmScene.Size64K) || IsInSeveralMappings(use.Vm, range);
        int tile = gt / _setting.Platform.GtSlotsPerTile;
        bool isInPlace = !needsVram || range.Pagemap == _device.Mirrors.Pagemaps[tile].Number;
        return isInPlace && range.HasValidMapping(tile) && WasOfCpu(use.Vm, use.Page);
    }

    private static bool IsInSeveralMappings(MixVm vm, in SvmRange range) =>
        vm.Twin.Process.TryFindVma(range.Start, out CpuVma mapping) && mapping.Range.End < range.End;

    /// <summary>Some mirror that has been there since the range was made had atomics of the CPU alone.</summary>
    private static bool WasOfCpu(MixVm vm, int page) => vm.CpuAtomics[page];

    private bool TryAccess(ref GpuUse use, int gt)
    {
        int tile = _gts[gt] / _setting.Platform.GtSlotsPerTile;
        using TlbUnit.Access access = _units[gt].Begin();
        use.Where = access.Translate(use.Vm.Spaces[tile], At(use.Page) + Offset(use.Word));
        if (!Permits(use.Where, use.Kind))
            return false;
        if (use.Where.Status == TranslationStatus.Null)
        {
            use.Value = 0;
            return true;
        }

        IFrameMemory memory = MemoryOf(use.Where);
        if (!(use.Kind switch
        {
            GpuAccessKind.Read => TryReadWord(memory, use.Where.Address, out use.Value),
            GpuAccessKind.Write => memory.TryWrite(use.Where.Address, BitConverter.GetBytes(use.Value)),
            _ => TryAdd(memory, use.Where.Address, out use.Value),
        }))
            Fail($"{use.Kind} of memory that is not in use: {use.Where}");
        return true;
    }

    private bool Permits(in Translation where, GpuAccessKind kind)
    {
        if (!where.IsPresent || kind == GpuAccessKind.Read || where.Status == TranslationStatus.Null)
            return where.IsPresent && (kind == GpuAccessKind.Read || where.IsWritable);
        bool mayAdd = kind != GpuAccessKind.Atomic || (where.Entry & PteFormats.AtomicEnable) != 0;
        return where.IsWritable && mayAdd;
    }

    private IFrameMemory MemoryOf(in Translation where)
    {
        if (!where.IsDeviceMemory)
            return _bytes[0].Holds(where.Address) ? _bytes[0] : _memory;
        foreach (DeviceBytes bytes in _bytes.AsSpan(1))
        {
            if (bytes.Holds(where.Address))
                return bytes;
        }

        Fail($"no memory: {where}");
        return _memory;
    }

    private static bool TryReadWord(IFrameMemory memory, ulong address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bool isRead = memory.TryRead(address, bytes);
        value = BitConverter.ToUInt64(bytes);
        return isRead;
    }

    private static bool TryAdd(IFrameMemory memory, ulong address, out ulong found)
    {
        ulong expected = 0;
        while (memory.TryCompareExchange(address, sizeof(ulong), expected, expected + 1, out found))
        {
            if (found == expected)
                return true;
            expected = found;
        }

        return false;
    }

    /// <summary>What an access that was done may have seen; it fails when it must not have been done at all. Entries of ranges outlive the
    /// mirror that they were made for, its read-only flag included (SVM-007).</summary>
    private PlainContent? Allowed(in GpuUse use, out bool isNull)
    {
        ulong va = At(use.Page);
        isNull = false;
        bool write = use.Kind != GpuAccessKind.Read;
        if (use.Vm.Vm.FindVma(va) is not { } vma || (write && vma.IsReadOnly && vma.Kind != VmaKind.Mirror))
        {
            Fail($"a {use.Kind} at page {use.Page} that no VMA allows: {use.Where}");
            return null;
        }

        switch (vma.Kind)
        {
            case VmaKind.Null:
                isNull = true;
                return null;
            case VmaKind.Bo:
                return BoOf(vma).Pages[(vma.Offset + (va - vma.Range.Start)) / Page];
            default:
                ulong cpu = vma.Kind == VmaKind.Mirror ? va : vma.Offset + (va - vma.Range.Start);
                return OfProcess(use, (int)((cpu - Base) / Page));
        }
    }

    /// <summary>Pages in the memory of the device stay writable for it when only a part of their range is not (VEC-01).</summary>
    private static PlainContent? OfProcess(in GpuUse use, int page)
    {
        PlainPage? plain = use.Vm.Twin.Pages[page];
        bool write = use.Kind != GpuAccessKind.Read;
        if (plain is null || !plain.Can(write: write && !use.Where.IsDeviceMemory))
            Fail($"a {use.Kind} of page {page}, which the process does not allow: {use.Where}");
        return write ? plain!.Written : plain!.Shown;
    }

    private Ended Fault(MixVm vm, int gt, int page, GpuAccessKind kind)
    {
        if (!Raise(vm, gt, page, kind))
            return Ended.Waits;
        Settle();
        return _answer is not { } error ? Ended.Waits : error == Errno.Ok ? Ended.Done : Ended.Nacked;
    }

    private bool Raise(MixVm vm, int gt, int page, GpuAccessKind kind)
    {
        Queue<Raised> queue = _raised[vm.Asid % Queues];
        if (queue.Count >= _device.FaultQueueCapacity)
            return false;
        _answer = null;
        _tag = (ushort)Math.Max(1, _tag + 1);
        queue.Enqueue(new Raised(_tag, gt, vm, page, kind, _engine.Failures));
        Must(
            _device.RaiseFault(
                new GpuFault { Gt = gt, Asid = vm.Asid, PageAddress = At(page), Access = kind, ProducerData = _tag }), "fault");
        return true;
    }

    /// <summary>Faults of all VMs at all GTs, one behind the other; then perhaps a reset of a GT, which forgets its own.</summary>
    private bool Burst(MixStep step)
    {
        int faults = 1 + (step.Length % 12), which = step.Choice;
        for (int i = 0; i < faults; i++, which = (which * 75) + 74)
        {
            MixVm vm = _vms[(which >>> 3) % _vms.Count];
            Raise(vm, _gts[(which >>> 5) % _gts.Length], (which >>> 7) % _setting.Pages, (GpuAccessKind)((which >>> 20) % 3));
        }

        if (step.Length % 5 == 0 && _held is null)
            Reset(_gts[step.Who % _gts.Length]);
        Pump();
        // Copies may be in flight, and with them faults, for some steps.
        for (int queue = 0; queue < Queues && _held is null && _engine.Count == 0; queue++)
            Equal(0, _raised[queue].Count, "faults without an answer");
        return true;
    }

    private void Reset(int gt)
    {
        // What is being serviced goes on (FLT-015).
        int forgotten = _device.ResetGt(gt);
        for (int queue = 0; queue < Queues; queue++)
        {
            Raised[] kept = [.. _raised[queue].Where(fault => fault.Gt != gt || fault.Tag == _inService[queue])];
            forgotten -= _raised[queue].Count - kept.Length;
            _raised[queue] = new Queue<Raised>(kept);
        }

        Equal(0, forgotten, "faults that a reset forgot and nobody raised");
    }

    private bool IsHeldUp(MixVm vm) => _held is { } held && held.Vm.Asid % Queues == vm.Asid % Queues;
}
