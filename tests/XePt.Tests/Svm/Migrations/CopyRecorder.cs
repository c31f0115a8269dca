using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Svm;

/// <summary>A copy engine that notes its jobs, takes its time for each on the virtual clock, and fails when it is told to.</summary>
internal sealed class CopyRecorder(VirtualClock clock) : ICopyEngine
{
    public readonly record struct Job(CopyDirection Direction, int Tile, ulong Address, int Pages);

    public List<Job> Jobs { get; } = [];

    /// <summary>Microseconds that a job takes.</summary>
    public long Time { get; set; }

    /// <summary>Number of the job that fails, counted from now on, or -1.</summary>
    public int FailsAt { get; set; } = -1;

    /// <summary>Called in the middle of each job.</summary>
    public Action? Copying { get; set; }

    public Errno Copy(in CopyJob job)
    {
        Jobs.Add(new Job(job.Direction, job.Tile, job.DeviceAddress, job.Pages.Length));
        Copying?.Invoke();
        if (Time > 0)
            clock.Pause(Time * 1000);
        return FailsAt-- == 0 ? Errno.EIO : InstantCopyEngine.Instance.Copy(job);
    }
}
