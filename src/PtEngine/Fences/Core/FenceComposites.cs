using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>Makes one fence of several: it signals when all of them have, with the first error among them (BIND-239).</summary>
/// <remarks>Concurrency: any thread makes composites, any thread signals the parts. A composite of
/// composites completes link by link from the outermost signal (<see cref="ThreadJobs"/>), so its depth costs no stack.</remarks>
internal sealed class FenceComposites(LegPool legs, string name)
{
    private readonly FencePool _fences = new(name);
    private SharedPool<Composite> _idle;

    /// <summary>The fence of all the parts: the stub when all have signalled, the part itself when there is one.</summary>
    public Fence Of(FenceSet parts)
    {
        if (parts.Count <= 1)
            return parts.Count == 0 ? Fence.Signalled : parts.Fences[0];

        Composite composite = _idle.Rent() ?? new Composite(this);
        Fence fence = composite.Fence = _fences.Create();
        composite.Begin();
        foreach (Fence part in parts.Fences)
            composite.Await(part, legs);
        composite.End();
        return fence;
    }

    private sealed class Composite(FenceComposites owner) : FenceCountdown, IReturnable<Composite>, IThreadWork
    {
        private Composite? _nextReturned;
        private Errno _error;

        public Fence Fence { get; set; }

        public ref Composite? NextReturned => ref _nextReturned;

        IThreadWork? IThreadWork.NextWork { get; set; }

        protected override void Complete(Errno error)
        {
            _error = error;
            ThreadJobs.Own.Complete(this);
        }

        void IThreadWork.Run()
        {
            (Fence fence, Errno error) = (Fence, _error);
            owner._idle.Return(this);
            fence.TrySignal(error);
        }
    }
}
