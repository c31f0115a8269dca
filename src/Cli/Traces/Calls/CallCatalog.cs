using System.Collections.Frozen;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Every ioctl and event a trace may contain. A new one is a class in this folder or in <c>Events</c>, and a line here.</summary>
internal static class CallCatalog
{
    private delegate ITraceCall Reader(JsonFields fields, XeProfile profile);

    private static readonly FrozenDictionary<string, Reader> Ioctls = new Dictionary<string, Reader>
    {
        ["VM_CREATE"] = VmCreateCall.Read,
        ["VM_DESTROY"] = VmDestroyCall.Read,
        ["VM_BIND"] = VmBindCall.Read,
        ["GEM_CREATE"] = GemCreateCall.Read,
        ["GEM_CLOSE"] = GemCloseCall.Read,
        ["GEM_MMAP_OFFSET"] = GemMmapOffsetCall.Read,
        ["DEVICE_QUERY"] = DeviceQueryCall.Read,
        ["MADVISE"] = MadviseCall.Read,
        ["VM_QUERY_MEM_RANGE_ATTRS"] = MemRangeAttrsCall.Read,
        ["OBSERVATION"] = ObservationCall.Read,
        ["SYNCOBJ_CREATE"] = SyncobjCreateCall.Read,
        ["SYNCOBJ_DESTROY"] = SyncobjDestroyCall.Read,
        ["SYNCOBJ_SIGNAL"] = SyncobjArrayCall.ReadSignal,
        ["SYNCOBJ_RESET"] = SyncobjArrayCall.ReadReset,
        ["SYNCOBJ_WAIT"] = SyncobjWaitCall.Read,
        ["SYNCOBJ_TIMELINE_SIGNAL"] = SyncobjTimelineSignalCall.Read,
        ["SYNCOBJ_TIMELINE_WAIT"] = SyncobjTimelineWaitCall.Read,
        ["SYNCOBJ_QUERY"] = SyncobjQueryCall.Read,
        ["SYNCOBJ_TRANSFER"] = SyncobjTransferCall.Read,
        ["SYNCOBJ_HANDLE_TO_FD"] = SyncobjHandleToFdCall.Read,
        ["SYNCOBJ_FD_TO_HANDLE"] = SyncobjFdToHandleCall.Read,
        ["PRIME_HANDLE_TO_FD"] = PrimeHandleToFdCall.Read,
        ["PRIME_FD_TO_HANDLE"] = PrimeFdToHandleCall.Read,
        ["EXEC_QUEUE_CREATE"] = ExecQueueCreateCall.Read,
        ["EXEC_QUEUE_DESTROY"] = ExecQueueDestroyCall.Read,
        ["EXEC_QUEUE_GET_PROPERTY"] = ExecQueueGetPropertyCall.Read,
        ["EXEC_QUEUE_SET_PROPERTY"] = ExecQueueSetPropertyCall.Read,
        ["EXEC"] = ExecCall.Read,
        ["WAIT_USER_FENCE"] = WaitUserFenceCall.Read,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Reader> Events = new Dictionary<string, Reader>
    {
        ["device"] = DeviceEvent.Read,
        ["open"] = OpenEvent.Read,
        ["close"] = CloseEvent.Read,
        ["cpu_map"] = CpuMapEvent.Read,
        ["cpu_unmap"] = CpuUnmapEvent.Read,
        ["cpu_replace"] = CpuReplaceEvent.Read,
        ["cpu_invalidate"] = CpuInvalidateEvent.Read,
        ["mmap"] = MmapEvent.Read,
        ["munmap"] = MunmapEvent.Read,
        ["mprotect"] = MprotectEvent.Read,
        ["mremap"] = MremapEvent.Read,
        ["mlock"] = MlockEvent.ReadLock,
        ["munlock"] = MlockEvent.ReadUnlock,
        ["discard"] = DiscardEvent.Read,
        ["fork"] = ForkEvent.Read,
        ["exit"] = ExitEvent.Read,
        ["file"] = FileEvent.Read,
        ["cpu_read"] = CpuReadEvent.Read,
        ["cpu_write"] = CpuWriteEvent.Read,
        ["cpu_touch"] = CpuTouchEvent.Read,
        ["cpu_pin"] = CpuPinEvent.Read,
        ["gpu_read"] = GpuReadEvent.Read,
        ["gpu_write"] = GpuWriteEvent.Read,
        ["gpu_atomic"] = GpuAtomicEvent.Read,
        ["gpu_batch"] = GpuBatchEvent.Read,
        ["gpu_fault"] = GpuFaultEvent.Read,
        ["fault_replies"] = FaultRepliesEvent.Read,
        ["gt_reset"] = GtResetEvent.Read,
        ["copies"] = CopiesEvent.Read,
        ["page_evict"] = PageEvictEvent.Read,
        ["collect_garbage"] = CollectGarbageEvent.Read,
        ["user_memory"] = UserMemoryEvent.Read,
        ["bo_runs"] = BoRunsEvent.Read,
        ["bo_move"] = BoMoveEvent.Read,
        ["bo_evict"] = BoEvictEvent.Read,
        ["bo_pin"] = BoPinEvent.Read,
        ["evict_all"] = EvictAllEvent.Read,
        ["rebind"] = RebindEvent.Read,
        ["fault"] = FaultEvent.Read,
        ["zap"] = ZapEvent.Read,
        ["range_bind"] = RangeBindEvent.Read,
        ["range_unbind"] = RangeUnbindEvent.Read,
        ["range_zap"] = RangeZapEvent.Read,
        ["inject"] = InjectEvent.Read,
        ["fence"] = ExternalFenceEvent.Read,
        ["signal"] = SignalEvent.Read,
        ["complete"] = CompleteEvent.Read,
        ["hang"] = HangEvent.Read,
        ["advance"] = AdvanceEvent.Read,
        ["pump"] = PumpEvent.Read,
    }.ToFrozenDictionary();

    private static readonly string[] IoctlPrefixes = ["DRM_IOCTL_XE_", "DRM_IOCTL_", "XE_"];

    /// <summary>Reads the call of a record: its name, and the fields that belong to it.</summary>
    public static (string Name, ITraceCall Call) Read(JsonFields fields, XeProfile profile)
    {
        if (fields.TakeText("ioctl") is { } ioctl)
            return Read(Ioctls, WithoutPrefix(ioctl), "ioctl", fields, profile);
        if (fields.TakeText("event") is { } name)
            return Read(Events, name, "event", fields, profile);
        throw new MalformedRecordException("a record has an \"ioctl\" or an \"event\"");
    }

    private static (string Name, ITraceCall Call) Read(
        FrozenDictionary<string, Reader> readers, string name, string kind, JsonFields fields, XeProfile profile) =>
        readers.TryGetValue(name, out Reader? read)
            ? (readers == Ioctls ? name.ToUpperInvariant() : name, read(fields, profile))
            : throw new MalformedRecordException(
                $"unknown {kind} \"{name}\"{NearestName.HintAndNames(name, readers.Keys.Order(StringComparer.Ordinal))}");

    private static string WithoutPrefix(string ioctl)
    {
        foreach (string prefix in IoctlPrefixes)
        {
            if (ioctl.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                return ioctl[prefix.Length..];
        }

        return ioctl;
    }
}
