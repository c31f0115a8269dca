using XePt.Calls;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>What ops on the VMA map need of their VM.</summary>
/// <param name="Space">The map.</param>
/// <param name="Vmas">Makes and destroys VMAs.</param>
/// <param name="Ranges">SVM ranges.</param>
/// <param name="Facts">Platform, mode and flags.</param>
/// <param name="Profile">Which state of the driver counts.</param>
/// <param name="Call">The running call, as far as it can be refused.</param>
internal sealed record GpuvaVm(
    GpuvaSpace Space, VmaFactory Vmas, SvmRangeMap Ranges, VmFacts Facts, XeProfile Profile, RefusalSink Call)
{
    /// <summary>A MAP that is left to a fault must replace scratch entries by non-present ones (BIND-019).</summary>
    public bool InvalidatesOnBind { get; } = Profile == XeProfile.Final && Facts.IsFaultMode && Facts.HasScratch;
}
