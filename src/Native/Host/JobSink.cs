using System.Collections.Concurrent;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Hands jobs to the program.</summary>
/// <param name="device">The device.</param>
/// <param name="options">Its callbacks.</param>
/// <remarks>Concurrency: any thread. A job's handle ends once: whoever ends it, the program or a callback, goes on alone.</remarks>
internal unsafe class JobSink(NativeDevice device, DeviceOptions options) : IJobSink
{
    private readonly ConcurrentDictionary<XeJob, NativeJob> _running = [];

    /// <summary>The sink that a device needs for its callbacks.</summary>
    public static JobSink Of(NativeDevice device, in DeviceOptions options) =>
        options.Preempt != null ? new Preemptible(device, options) : new JobSink(device, options);

    /// <inheritdoc/>
    public void Submit(XeJob job)
    {
        var running = new NativeJob(this, job);
        _running[job] = running;
        Tell(options.Submit, running);
    }

    /// <inheritdoc/>
    public void Cancelled(XeJob job)
    {
        if (!_running.TryGetValue(job, out NativeJob? running) || !TryEnd(running))
            return;
        if (options.Cancelled != null)
            Tell(options.Cancelled, running);
    }

    /// <summary>The program says that a job is over.</summary>
    /// <returns>False when it does not run any more.</returns>
    public static bool Complete(NativeJob running, Errno error) => running.Sink.TryEnd(running) && running.Job.Complete(error);

    /// <summary>The program says that a job does not run any more and is not complete.</summary>
    /// <returns>False when it does not run any more.</returns>
    public static bool Preempted(NativeJob running) => running.Sink.TryEnd(running) && running.Job.Preempted();

    private bool TryEnd(NativeJob running) =>
        // Out of the list first: from here on the job may be given to the sink again.
        _running.TryRemove(new KeyValuePair<XeJob, NativeJob>(running.Job, running)) && Handles.TryRemove(running);

    private void Tell(delegate* unmanaged<void*, JobInfo*, void> callback, NativeJob running)
    {
        fixed (ulong* batches = running.Job.Batches)
        {
            JobInfo info = Describe(running, batches);
            callback(options.User, &info);
        }
    }

    private JobInfo Describe(NativeJob running, ulong* batches)
    {
        XeJob job = running.Job;
        DrmXeEngineClassInstance engine = job.Queue.Engines[0];
        return new JobInfo
        {
            Size = (uint)sizeof(JobInfo),
            Flags = (uint)((job.FlushesTlb ? JobFlags.FlushesTlb : 0) | (job.WasPreempted ? JobFlags.WasPreempted : 0)),
            Job = new JobHandle(running.Handle),
            Client = new ClientHandle(device.Find(job.Vm.File)?.Handle ?? 0),
            VmId = job.Queue.VmId,
            QueueId = job.Queue.Id,
            Seqno = job.Seqno,
            Batches = batches,
            BatchCount = (uint)job.Batches.Length,
            EngineClass = (uint)engine.EngineClass,
            EngineInstance = engine.EngineInstance,
            Gt = engine.GtId,
        };
    }

    private sealed class Preemptible(NativeDevice device, DeviceOptions options) : JobSink(device, options), IPreemptibleSink
    {
        private readonly DeviceOptions _options = options;

        /// <inheritdoc/>
        public bool TryPreempt(XeJob job)
        {
            if (!_running.TryGetValue(job, out NativeJob? running))
                return false;
            fixed (ulong* batches = job.Batches)
            {
                JobInfo info = Describe(running, batches);
                return _options.Preempt(_options.User, &info) != 0 && TryEnd(running);
            }
        }
    }
}
