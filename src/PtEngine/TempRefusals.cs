namespace XePt.Uapi.Checks;
internal static class Refusals
{
    public static Rejection BindArrayUnreadable(ulong v) => new(Errno.EFAULT, "X", "BindArrayUnreadable", v, "BindArrayUnreadable");
    public static Rejection BoBackingOutOfMemory(ulong v) => new(Errno.ENOMEM, "X", "BoBackingOutOfMemory", v, "BoBackingOutOfMemory");
    public static Rejection FaultInMirror(ulong v) => new(Errno.EOPNOTSUPP, "X", "FaultInMirror", v, "FaultInMirror");
    public static Rejection FaultOutsideVma(ulong v) => new(Errno.EINVAL, "X", "FaultOutsideVma", v, "FaultOutsideVma");
    public static Rejection InSyncWithoutWork(ulong v) => new(Errno.EOPNOTSUPP, "X", "InSyncWithoutWork", v, "InSyncWithoutWork");
    public static Rejection InjectedLock(ulong v) => new(Errno.ENOSPC, "X", "InjectedLock", v, "InjectedLock");
    public static Rejection InjectedPrepare(ulong v) => new(Errno.ENOSPC, "X", "InjectedPrepare", v, "InjectedPrepare");
    public static Rejection InjectedRun(ulong v) => new(Errno.ENOSPC, "X", "InjectedRun", v, "InjectedRun");
    public static Rejection MirrorSplitHasRanges(ulong v) => new(Errno.EBUSY, "X", "MirrorSplitHasRanges", v, "MirrorSplitHasRanges");
    public static Rejection MirrorUnmapHasRanges(ulong v) => new(Errno.EBUSY, "X", "MirrorUnmapHasRanges", v, "MirrorUnmapHasRanges");
    public static Rejection NothingToZap(ulong v) => new(Errno.ENOENT, "X", "NothingToZap", v, "NothingToZap");
    public static Rejection OutOfMemory(ulong v) => new(Errno.ENOMEM, "X", "OutOfMemory", v, "OutOfMemory");
    public static Rejection PrefetchNotPlaced(ulong v) => new(Errno.EINVAL, "X", "PrefetchNotPlaced", v, "PrefetchNotPlaced");
    public static Rejection PtOpsNoBuffers(ulong v) => new(Errno.ENOBUFS, "X", "PtOpsNoBuffers", v, "PtOpsNoBuffers");
    public static Rejection PtOpsOutOfMemory(ulong v) => new(Errno.ENOMEM, "X", "PtOpsOutOfMemory", v, "PtOpsOutOfMemory");
    public static Rejection RangeOutsideMirror(ulong v) => new(Errno.EINVAL, "X", "RangeOutsideMirror", v, "RangeOutsideMirror");
    public static Rejection RangeOverlaps(ulong v) => new(Errno.EINVAL, "X", "RangeOverlaps", v, "RangeOverlaps");
    public static Rejection SyncArrayUnreadable(ulong v) => new(Errno.EFAULT, "X", "SyncArrayUnreadable", v, "SyncArrayUnreadable");
    public static Rejection SyncobjWithoutFence(ulong v) => new(Errno.EINVAL, "X", "SyncobjWithoutFence", v, "SyncobjWithoutFence");
    public static Rejection TimelinePointMissing(ulong v) => new(Errno.EINVAL, "X", "TimelinePointMissing", v, "TimelinePointMissing");
    public static Rejection TooManyUserFences(ulong v) => new(Errno.EINVAL, "X", "TooManyUserFences", v, "TooManyUserFences");
    public static Rejection UnknownBindQueue(ulong v) => new(Errno.ENOENT, "X", "UnknownBindQueue", v, "UnknownBindQueue");
    public static Rejection UserFenceUnreadable(ulong v) => new(Errno.EFAULT, "X", "", v, "");
    public static Rejection UnknownBo(ulong v) => new(Errno.ENOENT, "X", "UnknownBo", v, "UnknownBo");
    public static Rejection UnknownHandleToClose(ulong v) => new(Errno.EINVAL, "X", "UnknownHandleToClose", v, "UnknownHandleToClose");
    public static Rejection UnknownSyncobj(ulong v) => new(Errno.ENOENT, "X", "UnknownSyncobj", v, "UnknownSyncobj");
    public static Rejection UnknownVm(ulong v) => new(Errno.EINVAL, "X", "UnknownVm", v, "UnknownVm");
    public static Rejection UnknownVmToDestroy(ulong v) => new(Errno.ENOENT, "X", "UnknownVmToDestroy", v, "UnknownVmToDestroy");
    public static Rejection UserFenceBusy(ulong v) => new(Errno.EBUSY, "X", "UserFenceBusy", v, "UserFenceBusy");
    public static Rejection UserptrNotMapped(ulong v) => new(Errno.EFAULT, "X", "UserptrNotMapped", v, "UserptrNotMapped");
    public static Rejection VmClosedOrBanned(ulong v) => new(Errno.ENOENT, "X", "VmClosedOrBanned", v, "VmClosedOrBanned");
    public static Rejection VramNeeds64KPage(ulong v) => new(Errno.EINVAL, "X", "VramNeeds64KPage", v, "VramNeeds64KPage");
}
internal struct VmCreateCheckContext { public bool HasFaultMode, AllowsScratchWithFaults; }
internal static class VmCreateChecks { public static Rejection Validate(in DrmXeVmCreate a, in VmCreateCheckContext c) => default; }
internal static class VmDestroyChecks { public static Rejection Validate(in DrmXeVmDestroy a) => default; }
internal struct GemCreateCheckContext { public uint MemoryRegionMask; public int GraphicsVerx100; public bool VramNeeds64K, VmExists; }
internal static class GemCreateChecks { public static Rejection Validate(in DrmXeGemCreate a, in GemCreateCheckContext c) => default; }
internal struct SyncCheckContext { public bool IsLongRunning; public uint NumBinds; }
internal static class SyncChecks { public static Rejection Validate(in DrmXeSync a, in SyncCheckContext c) => default; }
