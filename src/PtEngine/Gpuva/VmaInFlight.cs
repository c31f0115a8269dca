namespace XePt.Gpuva;

/// <summary>A VMA by which of the VM's jobs are about it. It may be destroyed, and its number that of another one by now.</summary>
/// <param name="Vma">Its number.</param>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="FirstJob">Number of the first job that may be about it.</param>
/// <param name="EndJob">Number of the first job after it was destroyed.</param>
internal readonly record struct VmaInFlight(int Vma, ulong Start, ulong End, long FirstJob, long EndJob)
{
    /// <summary>What a job says about the number is about this VMA.</summary>
    public bool Has(long job) => job >= FirstJob && job < EndJob;
}
