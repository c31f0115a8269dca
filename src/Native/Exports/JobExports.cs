using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Jobs that the program runs (xept_device_options).</summary>
internal static unsafe class JobExports
{
    /// <summary>A job is over: its user fences are written, unless it failed, and its fence signals. Its handle ends. Any thread, also
    /// inside the callback that brought it.</summary>
    /// <param name="error">0, or the negative error of its fence.</param>
    /// <returns>0; -ECANCELED when it was cancelled meanwhile; -EBADF; -EINVAL for a positive error.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_job_complete")]
    public static int Complete(JobHandle job, int error)
    {
        try
        {
            NativeJob running = Handles.Get<NativeJob>(job.Value);
            if (error > 0)
                return Failure.Of(Errno.EINVAL, $"{error} is no error: they are negative");
            return JobSink.Complete(running, (Errno)error) ? 0 : Failure.Of(Errno.ECANCELED, "the job was cancelled");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    /// <summary>A job does not run any more although it is not over: it comes again when its queue goes on. Its handle ends.</summary>
    /// <returns>0; -ECANCELED when it was cancelled meanwhile; -EBADF.</returns>
    [UnmanagedCallersOnly(EntryPoint = "xept_job_preempted")]
    public static int Preempted(JobHandle job)
    {
        try
        {
            return JobSink.Preempted(Handles.Get<NativeJob>(job.Value)) ? 0 : Failure.Of(Errno.ECANCELED, "the job was cancelled");
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }
}
