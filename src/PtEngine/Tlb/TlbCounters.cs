namespace XePt;

/// <summary>What the TLB side of one GT has done so far. All values only grow.</summary>
/// <param name="Invalidations"><c>tlb_inval_count</c>: messages sent, for any cause (PT-206, STA-012).</param>
/// <param name="SvmInvalidations"><c>svm_tlb_inval_count</c>: those for zapped SVM ranges (SVM-144).</param>
/// <param name="BatchFlushes">Flushes that batches did themselves (PT-176); no message is sent for them.</param>
/// <param name="FullInvalidations">Invalidations that dropped everything (PT-180).</param>
/// <param name="Timeouts">Invalidations that were not acknowledged in time (PT-185).</param>
/// <param name="Resets">Resets of the GT.</param>
/// <param name="BytesAsked">Bytes that were asked for.</param>
/// <param name="BytesShaped">Bytes that ranged invalidations named (PT-181).</param>
public readonly record struct TlbCounters(
    long Invalidations,
    long SvmInvalidations,
    long BatchFlushes,
    long FullInvalidations,
    long Timeouts,
    long Resets,
    long BytesAsked,
    long BytesShaped);
