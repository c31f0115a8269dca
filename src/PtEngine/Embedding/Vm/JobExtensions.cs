namespace XePt;

/// <summary>What a sink finds from a job.</summary>
public static class JobExtensions
{
    extension(XeJob job)
    {
        /// <summary>The VM it runs in: its addresses are read and written there (<see cref="XeVm.Read{T}"/>).</summary>
        public XeVm Vm => (XeVm)job.Queue.Vm.Face!;
    }
}
