using XePt.Uapi.Checks;

namespace XePt.Cli.Explain;

/// <summary>
/// The checks of each ioctl in the order in which the driver makes them (specification 02 sections 3, 5 and 6). The checks themselves
/// are declared with the uAPI; here stands only which list follows which.
/// </summary>
internal static class CheckOrder
{
    private static readonly string[] VmBind =
    [
        nameof(Refusals.VmBindUnknownVm),
        nameof(VmBindChecks),
        nameof(Refusals.VmBindVectorIsTooLarge),
        nameof(Refusals.VmBindVectorIsUnreadable),
        nameof(VmBindOpChecks),
        nameof(Refusals.VmBindUnknownQueue),
        nameof(Refusals.VmBindNotABindQueue),
        nameof(Refusals.VmBindQueueOfOtherVm),
        nameof(Refusals.VmBindClosedVm),
        nameof(VmBindRangeChecks),
        nameof(Refusals.VmBindNoWorkArrays),
        nameof(Refusals.VmBindUnknownBo),
        nameof(VmBindBoChecks),
        nameof(Refusals.SyncsNoMemory),
        nameof(Refusals.SyncIsUnreadable),
        nameof(SyncChecks),
        nameof(Refusals.SyncUnknownHandle),
        nameof(Refusals.SyncHasNoFence),
        nameof(Refusals.SyncIsNoTimeline),
        nameof(Refusals.SyncPointIsMissing),
        nameof(Refusals.SyncUserFenceIsUnreadable),
        nameof(Refusals.SyncHasTwoUserFences),
        nameof(Refusals.VmBindRangeIsOutside),
        nameof(Refusals.VmBindNoVmas),
        nameof(Refusals.VmBindUserptrWraps),
        nameof(Refusals.VmBindUserptrIsNotMapped),
        nameof(Refusals.VmBindUserptrIsNotWritable),
        nameof(Refusals.VmBindUserptrDoesNotMix),
        nameof(Refusals.VmBindUserptrIsNotPinned),
        nameof(Refusals.VmBindMirrorSplitIsBusy),
        nameof(Refusals.VmBindMirrorRemovalIsBusy),
        nameof(Refusals.VmBindNoPtOps),
        nameof(Refusals.VmBindTooManyPtOps),
        nameof(Refusals.VmBindUserFenceIsPending),
        nameof(Refusals.VmBindObjectIsTooLarge),
        nameof(Refusals.VmBindNoResidency),
        nameof(Refusals.VmBindPrefetchIsPinned),
        nameof(Refusals.VmBindPrefetchIsMisplaced),
        nameof(Refusals.VmBindBoIsBusy),
        nameof(Refusals.VmBindInjectedAtLock),
        nameof(Refusals.VmBindArmedAtLock),
        nameof(Refusals.VmBindVramNeeds64K),
        nameof(Refusals.VmBindNoPageTables),
        nameof(Refusals.VmBindPagesChanged),
        nameof(Refusals.VmBindInjectedAtPrepare),
        nameof(Refusals.VmBindArmedAtPrepare),
        nameof(Refusals.VmBindInjectedAtRun),
        nameof(Refusals.VmBindArmedAtRun),
        nameof(Refusals.VmBindNothingWaits),
    ];

    private static readonly string[] SyncobjHandles =
    [
        nameof(Refusals.SyncobjsAreTooMany), nameof(Refusals.SyncobjHandlesAreUnreadable), nameof(Refusals.SyncobjUnknown),
    ];

    private static readonly string[] Rebind =
    [
        nameof(Refusals.VmBindObjectIsTooLarge), nameof(Refusals.VmBindNoResidency), nameof(Refusals.VmBindBoIsBusy),
        nameof(Refusals.VmBindVramNeeds64K),
        nameof(Refusals.VmBindNoPageTables),
    ];

    private static readonly string[] AccessFault =
    [
        nameof(Refusals.FaultIsNotServiced), nameof(Refusals.FaultOfUnknownVm), nameof(Refusals.FaultInClosedVm),
        nameof(Refusals.FaultOutsideVma), nameof(Refusals.FaultInBannedVm), nameof(Refusals.FaultWritesReadOnly),
        nameof(Refusals.FaultAtomicIsOfCpu), nameof(Refusals.FaultAtomicOnUserptr), nameof(Refusals.FaultAtomicIsPinned),
        nameof(Refusals.FaultAtomicIsMisplaced), nameof(Refusals.FaultUserptrIsNotMapped), nameof(Refusals.FaultProcessIsGone),
        nameof(Refusals.FaultOutsideVm), nameof(Refusals.FaultWithoutCpuMapping), nameof(Refusals.FaultAtomicCannotMigrate),
        nameof(Refusals.FaultOnReadOnlyCpuMapping), nameof(Refusals.FaultHasNoMemory), nameof(Refusals.FaultStepFails), .. Rebind,
    ];

    private static readonly Dictionary<string, string[]> Sources = new(StringComparer.Ordinal)
    {
        ["DEVICE_QUERY"] =
        [
            nameof(DeviceQueryChecks), nameof(Refusals.QueryIsNotOffered), nameof(Refusals.QuerySizeDiffers),
            nameof(Refusals.QueryBufferIsUnreadable), nameof(EngineCyclesChecks), nameof(Refusals.QueryUnknownGt),
            nameof(Refusals.QueryUnknownEngineClass), nameof(Refusals.QueryUnknownEngine), nameof(FirmwareVersionChecks),
            nameof(Refusals.QueryFirmwareDoesNotRun), nameof(Refusals.QueryRegionBufferIsUnwritable),
            nameof(Refusals.QueryBufferIsUnwritable),
        ],
        ["GEM_MMAP_OFFSET"] = [nameof(GemMmapOffsetChecks), nameof(Refusals.GemMmapOffsetUnknownBo)],
        ["MADVISE"] =
        [
            nameof(Refusals.MadviseUnknownVm), nameof(MadviseChecks), nameof(Refusals.MadviseClosedVm),
            nameof(Refusals.MadviseUnknownFile), nameof(Refusals.MadviseFileOfGoneDevice), nameof(Refusals.MadviseUnknownRegion),
            nameof(Refusals.MadviseNoFastLink), nameof(Refusals.MadviseRangeIsOutside), nameof(Refusals.MadviseNoVmas),
            nameof(Refusals.MadviseCutsUserptr), nameof(Refusals.MadviseAtomicIsImpossible),
        ],
        ["VM_QUERY_MEM_RANGE_ATTRS"] =
        [
            nameof(VmQueryMemRangeAttrsChecks), nameof(Refusals.MemRangeAttrsUnknownVm), nameof(Refusals.MemRangeAttrsNoMemory),
            nameof(Refusals.MemRangeAttrsNoMemoryForMany), nameof(Refusals.MemRangeAttrsNoRoom), nameof(Refusals.MemRangeAttrsUnwritable),
        ],
        ["OBSERVATION"] = [nameof(ObservationChecks), nameof(Refusals.ObservationIsAbsent)],
        ["VM_CREATE"] = [nameof(VmCreateChecks), nameof(Refusals.VmCreateNoMemory), nameof(Refusals.VmCreateNoAsid)],
        ["VM_DESTROY"] = [nameof(VmDestroyChecks), nameof(Refusals.VmDestroyUnknownVm), nameof(Refusals.VmDestroyBusyVm)],
        ["GEM_CREATE"] =
        [
            nameof(GemCreateChecks), nameof(Refusals.GemCreateUnknownVm), nameof(GemBackingChecks), nameof(Refusals.GemCreateNoOffsets),
            nameof(Refusals.GemCreateTooLarge), nameof(Refusals.GemCreateNoMemory),
            nameof(Refusals.ExtensionChainIsTooLong), nameof(Refusals.ExtensionIsUnreadable), nameof(GemCreateExtensionChecks),
            nameof(Refusals.ExtensionPropertyIsUnreadable), nameof(GemCreatePropertyChecks),
        ],
        ["GEM_CLOSE"] = [nameof(Refusals.GemCloseUnknownBo)],
        ["VM_BIND"] = VmBind,
        ["SYNCOBJ_CREATE"] = [nameof(SyncobjCreateChecks)],
        ["SYNCOBJ_DESTROY"] = [nameof(SyncobjDestroyChecks), nameof(Refusals.SyncobjDestroyUnknown)],
        ["SYNCOBJ_HANDLE_TO_FD"] =
        [
            nameof(SyncobjFileChecks), nameof(Refusals.SyncobjExportUnknown), nameof(Refusals.SyncFileUnknownObject),
            nameof(Refusals.SyncFileHasNoFence), nameof(Refusals.SyncFileHasNoPoint),
        ],
        ["SYNCOBJ_FD_TO_HANDLE"] =
        [
            nameof(SyncobjFileChecks), nameof(Refusals.FileIsNoSyncobj), nameof(Refusals.FileIsNoSyncFile),
            nameof(Refusals.SyncFileUnknownObject),
        ],
        ["PRIME_HANDLE_TO_FD"] =
            [nameof(PrimeHandleToFdChecks), nameof(Refusals.PrimeUnknownBo), nameof(Refusals.GemExportPrivateBo)],
        ["PRIME_FD_TO_HANDLE"] =
        [
            nameof(Refusals.PrimeFileIsClosed), nameof(Refusals.PrimeFileIsNoBo), nameof(Refusals.PrimeDeviceIsGone),
            nameof(Refusals.PrimeBoCannotBeReached), nameof(Refusals.PrimeBoIsBusy), nameof(Refusals.PrimeNoMemory),
        ],
        ["SYNCOBJ_SIGNAL"] = [nameof(SyncobjArrayChecks), .. SyncobjHandles],
        ["SYNCOBJ_RESET"] = [nameof(SyncobjArrayChecks), .. SyncobjHandles],
        ["SYNCOBJ_TIMELINE_SIGNAL"] = [nameof(SyncobjTimelineSignalChecks), .. SyncobjHandles, nameof(Refusals.SyncobjPointsAreUnreadable)],
        ["SYNCOBJ_QUERY"] = [nameof(SyncobjQueryChecks), .. SyncobjHandles],
        ["SYNCOBJ_WAIT"] =
        [
            nameof(SyncobjWaitChecks), .. SyncobjHandles, nameof(Refusals.SyncobjHasNothingToWaitFor), nameof(Refusals.SyncobjWaitTimedOut),
            nameof(Refusals.SyncobjWaitNeverEnds),
        ],
        ["SYNCOBJ_TIMELINE_WAIT"] =
        [
            nameof(SyncobjTimelineWaitChecks), .. SyncobjHandles, nameof(Refusals.SyncobjWaitPointsAreUnreadable),
            nameof(Refusals.SyncobjHasNothingToWaitFor),
            nameof(Refusals.SyncobjWaitTimedOut), nameof(Refusals.SyncobjWaitNeverEnds),
        ],
        ["SYNCOBJ_TRANSFER"] =
        [
            nameof(SyncobjTransferChecks), nameof(Refusals.SyncobjTransferUnknownDestination), nameof(Refusals.SyncobjTransferUnknownFlag),
            nameof(Refusals.SyncobjTransferUnknownSource), nameof(Refusals.SyncobjTransferHasNoPoint),
            nameof(Refusals.SyncobjTransferTimedOut),
        ],
        ["EXEC_QUEUE_CREATE"] =
        [
            nameof(ExecQueueCreateChecks), nameof(Refusals.QueueCreateInstancesAreUnreadable), nameof(EngineInstanceChecks),
            nameof(BindQueueChecks),
            nameof(Refusals.QueueCreateEnginesAreInvalid), nameof(Refusals.QueueCreateUnknownVm), nameof(Refusals.QueueCreateClosedVm),
            nameof(Refusals.QueueCreateNoMemory), nameof(Refusals.ExtensionChainIsTooLong), nameof(Refusals.ExtensionIsUnreadable),
            nameof(ExecQueueExtensionChecks), nameof(Refusals.ExtensionPropertyIsUnreadable), nameof(ExecQueuePropertyChecks),
            nameof(Refusals.QueuePriorityNeedsGroup),
        ],
        ["EXEC_QUEUE_DESTROY"] = [nameof(ExecQueueDestroyChecks), nameof(Refusals.QueueUnknown)],
        ["EXEC_QUEUE_GET_PROPERTY"] = [
            nameof(ExecQueueGetPropertyChecks), nameof(Refusals.QueueUnknown), nameof(Refusals.QueueUnknownProperty)],
        ["EXEC_QUEUE_SET_PROPERTY"] =
        [
            nameof(ExecQueueSetPropertyChecks), nameof(Refusals.QueueUnknown), nameof(Refusals.QueuePriorityInGroupIsTooHigh),
            nameof(Refusals.QueueIsInNoGroup),
        ],
        ["EXEC"] =
        [
            nameof(ExecChecks), nameof(Refusals.ExecUnknownQueue), nameof(Refusals.ExecOnBindQueue), nameof(Refusals.ExecBatchCountDiffers),
            nameof(Refusals.ExecQueueWasReset), nameof(Refusals.ExecQueueIsFull), nameof(Refusals.SyncIsUnreadable), nameof(SyncChecks),
            nameof(Refusals.SyncUnknownHandle), nameof(Refusals.SyncHasNoFence), nameof(Refusals.SyncIsNoTimeline),
            nameof(Refusals.SyncPointIsMissing),
            nameof(Refusals.ExecNothingWaits), nameof(Refusals.ExecAddressesAreUnreadable), nameof(Refusals.ExecClosedVm),
        ],
        ["WAIT_USER_FENCE"] =
        [
            nameof(WaitUserFenceChecks), nameof(Refusals.WaitUnknownQueue), nameof(Refusals.WaitIsUnreadable),
            nameof(Refusals.WaitQueueWasReset),
            nameof(Refusals.WaitTimedOut), nameof(Refusals.WaitNeverEnds),
        ],
        ["fence"] = [nameof(Refusals.SyncobjIsUnknown)],
        ["signal"] = [],
        ["device"] = [],
        ["open"] = [],
        ["close"] = [],
        ["complete"] = [],
        ["hang"] = [],
        ["advance"] = [],
        ["pump"] = [],
        ["bo_runs"] = [nameof(Refusals.BoIsBusy), .. Rebind],
        ["bo_move"] =
        [
            nameof(Refusals.BoIsMisplaced), nameof(Refusals.BoIsPinned), nameof(Refusals.BoIsBusy), nameof(Refusals.GemCreateTooLarge),
            nameof(Refusals.BoHasNoRoom),
        ],
        ["bo_evict"] = [nameof(Refusals.BoIsPinned), nameof(Refusals.BoIsBusy), nameof(Refusals.BoHasNoRoom)],
        ["bo_pin"] = [nameof(Refusals.VmBindUnknownBo)],
        ["evict_all"] = [],
        ["rebind"] = Rebind,
        ["cpu_map"] = [],
        ["cpu_unmap"] = [],
        ["cpu_replace"] = [],
        ["cpu_invalidate"] = [],
        ["mmap"] = [],
        ["munmap"] = [],
        ["mprotect"] = [],
        ["mremap"] = [],
        ["mlock"] = [],
        ["munlock"] = [],
        ["discard"] = [],
        ["fork"] = [],
        ["exit"] = [],
        ["file"] = [],
        ["cpu_read"] = [],
        ["cpu_write"] = [],
        ["cpu_touch"] = [],
        ["cpu_pin"] = [],
        ["gpu_read"] = AccessFault,
        ["gpu_write"] = AccessFault,
        ["gpu_atomic"] = AccessFault,
        ["gpu_batch"] = AccessFault,
        ["gpu_fault"] = AccessFault,
        ["fault_replies"] = [],
        ["gt_reset"] = [],
        ["copies"] = [],
        ["page_evict"] = [],
        ["collect_garbage"] = [],
        ["user_memory"] = [],
        ["fault"] =
        [
            nameof(Refusals.FaultWithoutFaultMode), nameof(Refusals.FaultOutsideVma), nameof(Refusals.FaultInMirror),
            .. AccessFault,
        ],
        ["zap"] = [nameof(Refusals.NothingToZap)],
        ["range_bind"] =
        [
            nameof(Refusals.RangeIsOutsideMirror), nameof(Refusals.RangeOverlaps), nameof(Refusals.VmBindVramNeeds64K),
            nameof(Refusals.VmBindNoPageTables),
        ],
        ["range_unbind"] = [],
        ["range_zap"] = [],
        ["inject"] = [],
    };

    /// <summary>The checks of an ioctl or event, in order; empty when it has none.</summary>
    public static IReadOnlyList<CheckRule> Of(string call) =>
        [.. Sources[call].SelectMany(source => CheckCatalog.All.Where(rule => rule.Source == source))];
}
