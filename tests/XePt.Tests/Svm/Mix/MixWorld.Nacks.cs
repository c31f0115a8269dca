using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

// Why an access may be nacked: the first thing that is wrong decides, in the order of specification 04 chapters 3 and 5. What the process
// and its machine say is the plain model's (protection, kind) or the host's (where a page is, pins); that of the GPU's side is what the
// client has asked for.
internal sealed partial class MixWorld
{
    private readonly CpuPageList _pages = new();
    private int _failuresBefore;

    /// <summary>An access may be nacked with this errno, and with no other.</summary>
    private void CheckNack(in GpuUse use, Errno error)
    {
        if (WhatIsWrongWith(use, error) is { } wrong)
            Fail(wrong);
    }

    private string? WhatIsWrongWith(in GpuUse use, Errno error)
    {
        // FLT-031, FLT-032.
        if (!_vms.Contains(use.Vm))
            return error is Errno.ENOENT or Errno.EINVAL ? null : $"a fault of a VM that has ended was nacked with {error}";
        // SVM-177; SVM-041, FLT-034.
        string expected = use.Vm.Vm.Context.IsBanned
            ? Only(Errno.EBUSY, "a mirror cannot be reset") + Only(Errno.ENOENT, "the VM is banned")
            : use.Vm.Vm.FindVma(At(use.Page)) is not { } vma ? Only(Errno.EINVAL, "no VMA")
            : vma.IsReadOnly && use.Kind != GpuAccessKind.Read ? Only(Errno.EPERM, "a write of what is bound read-only")
            : vma.Kind switch
            {
                VmaKind.Mirror => WhyMirror(use, vma),
                VmaKind.Userptr => WhyUserptr(use, vma),
                VmaKind.Bo => WhyBo(use, vma),
                _ => use.Kind == GpuAccessKind.Atomic && IsRefused(vma.Atomic) ? Only(Errno.EACCES, "atomics are the CPU's") : "nothing",
            };
        return expected.Contains($"{error} ", StringComparison.Ordinal) ? null
            : $"the {use.Kind} at page {use.Page} was nacked with {error}, not for {expected}: {use.Vm.Vm.FindVma(At(use.Page))}";
    }

    private static string Only(Errno error, string why) => $"{error} ({why})";

    private bool IsRefused(AtomicAccess attribute) => _setting.Platform.IsDiscrete && attribute == AtomicAccess.Cpu;

    private bool NeedsVram(in GpuUse use, AtomicAccess attribute) => use.Kind == GpuAccessKind.Atomic && _setting.Platform.IsDiscrete
        && !(attribute == AtomicAccess.Device && _setting.Platform.DeviceAtomicsOnSystemMemory);

    private string WhyMirror(in GpuUse use, in VmaInfo vma)
    {
        if (use.Kind == GpuAccessKind.Atomic && IsRefused(vma.Atomic))
            return Only(Errno.EACCES, "atomics are the CPU's");
        if (use.Vm.Twin.Process.IsGone)
            return Only(Errno.EFAULT, "the process is gone");
        if (use.Vm.Twin.Pages[use.Page] is not { } plain)
            return Only(Errno.ENOENT, "no CPU mapping");
        if (!vma.IsReadOnly && plain.Protection != CpuProtection.ReadWrite)
            return Only(Errno.EPERM, "the CPU may not write");
        bool needsVram = NeedsVram(use, vma.Atomic);
        if (needsVram && plain.Kind != CpuVmaKind.Anonymous)
            return Only(Errno.EACCES, "not anonymous");

        SvmRangeMap ranges = use.Vm.Vm.Context.Ranges;
        int found = ranges.Containing(At(use.Page));
        if (found == 0)
            return "nothing: it has no range";
        (int first, int end) = ((int)((ranges[found].Start - Base) / Page), (int)((ranges[found].End - Base) / Page));
        string why = WhyPages(use.Vm.Twin, first, end, write: !vma.IsReadOnly);
        if (_setting.Platform.VramNeeds64K && end - first < 16)
        {
            // VEC-03; SVM-070 with SVM-096.
            bool isInVram = Any(use.Vm.Twin, first, end, run => run.Kind == CpuPageKind.Device);
            why += isInVram ? Only(Errno.EINVAL, "a page of VRAM that is no 64 KiB page")
                : needsVram ? Only(Errno.EFAULT, "too small for VRAM") : "";
        }

        return needsVram ? why + WhyNotInVram(use.Vm.Twin, first, end) : why;
    }

    /// <summary>Why pages cannot be collected (SVM-092).</summary>
    private string WhyPages(PlainProcess twin, int first, int end, bool write)
    {
        string why = "";
        for (int page = first; page < end; page++)
        {
            if (twin.Pages[page] is not { } plain || !plain.Can(write: false))
                return why + Only(Errno.EFAULT, $"page {page} is not readable");
            if (write && !plain.Can(write: true) && why.Length == 0)
                why = Only(Errno.EPERM, $"page {page} is not writable");
        }

        return why;
    }

    /// <summary>Why a range is not brought into VRAM.</summary>
    private string WhyNotInVram(PlainProcess twin, int first, int end)
    {
        string why = _engine.Failures != _failuresBefore ? Only(Errno.EIO, "a copy has failed") : "";
        if (Any(twin, first, end, run => run.IsPinned))
            why += Only(Errno.EBUSY, "pinned");
        Must(twin.Process.TryFindVma(At(first), out CpuVma vma) ? Errno.Ok : Errno.ENOENT, "mapping");
        if (vma.Range.End < At(end))
            why += Only(Errno.EINVAL, "several mappings");
        return why;
    }

    private bool Any(PlainProcess twin, int first, int end, Predicate<CpuPageRun> says)
    {
        _pages.Clear();
        twin.Process.Snapshot(Range(first, end), _device.Mirrors.Owner, _pages);
        foreach (CpuPageRun run in _pages.Runs)
        {
            if (says(run))
                return true;
        }

        return false;
    }

    private string WhyUserptr(in GpuUse use, in VmaInfo vma)
    {
        if (use.Kind == GpuAccessKind.Atomic && (IsRefused(vma.Atomic) || NeedsVram(use, vma.Atomic)))
            return Only(Errno.EACCES, "atomics need VRAM");
        int first = (int)((vma.Offset - Base) / Page), end = first + (int)(vma.Range.Size / Page);
        string why = WhyPages(use.Vm.Twin, first, end, write: !vma.IsReadOnly);
        if (!Any(use.Vm.Twin, first, end, run => run.Kind == CpuPageKind.Device))
            return why;
        // UPTR-008, SVM-112.
        why += Only(Errno.EOPNOTSUPP, "pages of several memories");
        return _setting.Platform.VramNeeds64K ? why + Only(Errno.EINVAL, "pages of VRAM that are no 64 KiB pages") : why;
    }

    private string WhyBo(in GpuUse use, in VmaInfo vma)
    {
        MixBo bo = BoOf(vma);
        if (use.Kind == GpuAccessKind.Atomic && IsRefused(bo.Atomic))
            return Only(Errno.EACCES, "atomics are the CPU's");
        // SVM-112.
        bool isCut = (vma.Range.Start | vma.Range.End | vma.Offset) % SvmScene.Size64K != 0;
        string why = _setting.Platform.VramNeeds64K && bo.MayBeInVram && isCut
            ? Only(Errno.EINVAL, "pages of VRAM that are no 64 KiB pages") : "";
        return use.Kind == GpuAccessKind.Atomic ? why + WhyNoAtomic(use, vma, bo) : why;
    }

    private string WhyNoAtomic(in GpuUse use, in VmaInfo vma, MixBo bo)
    {
        if (NeedsVram(use, bo.Atomic) && !bo.MayBeInVram)
            return Only(Errno.EINVAL, "it must not be in VRAM");
        return vma.Atomic == AtomicAccess.Cpu ? Only(Errno.EACCES, "the VMA's atomics are the CPU's")
            : vma.Atomic != bo.Atomic ? Only(Errno.EACCES, "object and VMA differ in atomics") : "nothing";
    }
}
