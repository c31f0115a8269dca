using XePt.Commit;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Tlb;
using XePt.Uapi;

namespace XePt.Schedules.Protocols
{
    /// <summary>One engine queue of one VM, on a sink: production code down from <c>JobQueue</c>; the queue object and the VM around it are
    /// stand-ins below.</summary>
    internal sealed class QueueWorld : IDisposable
    {
        private readonly TableWorld _world = new(isLinked: false);
        private readonly VmJobs _jobs;

        public QueueWorld(IJobSink sink)
        {
            var scheduler = new JobScheduler(isInline: true);
            _jobs = new VmJobs(_world.Flush, [_world.Tables], _world.Later, scheduler, _world.Gate, report: _ => { });
            var host = new QueueHost(sink, scheduler, _world.Epochs, Memory: null!, Store: null, new Wakeups("user fences"));
            Queue = new ExecQueue(new VmContext(_jobs, _world.Flush), host).Jobs;
        }

        public JobQueue Queue { get; }

        /// <summary>Appends a job that waits for a fence, as <c>ExecOperation</c> does.</summary>
        public XeJob Append(Fence after)
        {
            XeJob job = Queue.Rent();
            job.Reset([0]);
            Queue.TryAppend(job);
            var fences = new FenceSet();
            fences.Add(after);
            Queue.DependOn(job, fences);
            JobQueue.Release(job);
            return job;
        }

        public void Dispose()
        {
            _jobs.Dispose();
            _world.Dispose();
        }
    }
}

namespace XePt
{
    /// <summary>Stands in for the exec queue of a client: what its line of jobs asks of it.</summary>
    public sealed class ExecQueue
    {
        internal ExecQueue(VmContext vm, QueueHost host)
        {
            Vm = vm;
            Jobs = new JobQueue(this, host, tile: 0);
        }

        /// <summary>One engine.</summary>
        public IReadOnlyList<DrmXeEngineClassInstance> Engines { get; } = [new DrmXeEngineClassInstance()];

        /// <summary>One batch.</summary>
        public int Width => 1;

        internal VmContext Vm { get; }

        internal JobQueue Jobs { get; }

        internal int Lost { get; private set; }

        internal void AddLostUserFences(int lost) => Lost += lost;
    }
}

namespace XePt.Queues
{
    using XePt.Epochs;

    /// <summary>Stands in for the address space of a job, which its sink does not ask here.</summary>
    internal sealed record VmTranslator(VmContext Vm, EpochDomain Epochs, int Tile)
    {
        public Translation Translate(ulong va) => throw new NotSupportedException($"nobody translates {va}");
    }

    /// <summary>Stands in for the user fences of a job, which has none.</summary>
    internal sealed class JobUserFences
    {
        public ReadOnlySpan<GpuUserFence> Items => [];

        public int Count { get; private set; }

        public void Clear() => Count = 0;

        public int Write(VmTranslator translator, QueueHost host)
        {
            _ = (translator, host);
            return Count;
        }
    }
}
