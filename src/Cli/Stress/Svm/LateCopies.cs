using System.Collections.Concurrent;
using XePt.Cli.Traces.Processes;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Cli.Stress.Svm;

/// <summary>A copy engine with a thread of its own, on which the copies of faults end, some of them much later and now and then one with an
/// error. Other copies are made at once, as their callers want them.</summary>
internal sealed class LateCopies : ICopyEngine, IDisposable
{
    private const int FailsEvery = 97, LingersEvery = 3;

    private readonly BlockingCollection<LateCopy> _begun = [];
    private readonly Thread _thread;

    public LateCopies()
    {
        _thread = new Thread(CompleteAll);
        _thread.Start();
    }

    /// <summary>The device whose it is, before the first copy.</summary>
    public XeDevice? Device { get; set; }

    /// <summary>Copies that have ended late.</summary>
    public long Count { get; private set; }

    /// <summary>Of those, how many have failed.</summary>
    public long Failed { get; private set; }

    /// <inheritdoc/>
    public Errno Copy(in CopyJob job) => InstantCopyEngine.Instance.Copy(job);

    /// <inheritdoc/>
    public Errno Begin(in CopyJob job, out Fence done)
    {
        done = Device!.CreateFence("copy");
        _begun.Add(new LateCopy(job, done));
        return Errno.Ok;
    }

    /// <summary>Ends what was begun, and the thread.</summary>
    public void Dispose()
    {
        _begun.CompleteAdding();
        _thread.Join();
        _begun.Dispose();
    }

    private void CompleteAll()
    {
        foreach (LateCopy copy in _begun.GetConsumingEnumerable())
        {
            Count++;
            if (Count % LingersEvery == 0)
                Thread.Sleep(1);
            bool fails = Count % FailsEvery == 0;
            Failed += fails ? 1 : 0;
            copy.Done.TrySignal(fails ? Errno.EIO : Copy(copy.Job));
        }
    }
}
