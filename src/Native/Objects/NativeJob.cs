namespace XePt.Native;

/// <summary>A job behind its handle, for one time that it runs: the engine uses its jobs again.</summary>
internal sealed class NativeJob : NativeObject
{
    public NativeJob(JobSink sink, XeJob job)
    {
        (Sink, Job) = (sink, job);
        Handles.Add(this);
    }

    /// <summary>Who was given it.</summary>
    public JobSink Sink { get; }

    /// <summary>The job.</summary>
    public XeJob Job { get; }
}
