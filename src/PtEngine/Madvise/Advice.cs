using XePt.Uapi;

namespace XePt.Madvise;

/// <summary>What MADVISE is to do, after the look at its arguments.</summary>
/// <param name="Args">The arguments.</param>
/// <param name="Start">First address, without sign bits (MADV-024).</param>
/// <param name="End">End, exclusive; below the start when it is beyond 2^64.</param>
/// <param name="Target">What a device file among them names.</param>
internal readonly record struct Advice(DrmXeMadvise Args, ulong Start, ulong End, AdviceTarget Target);

/// <summary>The memory that a device file and a region instance name (MADV-018).</summary>
/// <param name="Why">Why they name none; looked at in its turn.</param>
/// <param name="Pagemap">Number of its pagemap, or 0 when no file is named.</param>
internal readonly record struct AdviceTarget(Rejection Why, int Pagemap);
