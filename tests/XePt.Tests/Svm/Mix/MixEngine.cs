using XePt.Devices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

/// <summary>A copy engine whose jobs are late: a fault that needs one waits for it, until the device's clock comes to it or somebody has
/// all of them done. Now and then one fails in the end.</summary>
internal sealed class MixEngine : ICopyEngine, IDisposable
{
    private const long Delay = 3 * XeClock.Millisecond;
    private const int FailsEvery = 97;

    private readonly XeDevice _fences = new(XePlatforms.Lnl, new XeDeviceOptions { SingleThreaded = true });
    private readonly List<(Func<Errno> Copy, Fence Done)> _jobs = [];
    private int _begun;

    /// <summary>What it is in, when it is to be late.</summary>
    public XeDevice? Device { get; set; }

    /// <summary>Jobs in flight.</summary>
    public int Count => _jobs.Count;

    /// <summary>Jobs that have been in flight.</summary>
    public int Begun => _begun;

    /// <summary>Jobs that have failed.</summary>
    public int Failures { get; private set; }

    public Errno Copy(in CopyJob job) => InstantCopyEngine.Instance.Copy(job);

    public Errno Begin(in CopyJob job, out Fence done)
    {
        done = Fence.Signalled;
        if (Device is not { } device)
            return Copy(job);
        (CopyDirection direction, int tile, IFrameMemory memory, ulong address, IFrameMemory other, ulong[] pages) =
            (job.Direction, job.Tile, job.Device, job.DeviceAddress, job.Other, job.Pages.ToArray());
        bool fails = ++_begun % FailsEvery == 0;
        done = _fences.CreateFence("copy");
        _jobs.Add((() => fails ? Errno.EIO : Copy(new CopyJob(direction, tile, memory, address, other, pages)), done));
        device.Clock.At(device.Clock.Now + Delay, CompleteAll);
        return Errno.Ok;
    }

    public void CompleteAll()
    {
        (Func<Errno> Copy, Fence Done)[] jobs = [.. _jobs];
        _jobs.Clear();
        foreach ((Func<Errno> copy, Fence done) in jobs)
        {
            Errno error = copy();
            Failures += error == Errno.Ok ? 0 : 1;
            done.TrySignal(error);
        }
    }

    public void Dispose() => _fences.Dispose();
}
