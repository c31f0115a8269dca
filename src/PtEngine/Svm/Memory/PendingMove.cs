using XePt.Fences;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>A migration into device memory whose copies are in flight: what was collected stays locked, and the block belongs to it, until
/// they are over.</summary>
/// <remarks>Concurrency: one thread at a time, that of the fault in service. It needs no VM to end, so that a VM may go
/// meanwhile.</remarks>
internal sealed class PendingMove(MirrorDevice device)
{
    private ICpuAddressSpace? _host;
    private CpuMigration? _migration;
    private SvmBlock? _block;
    private long _timeslice;
    private Errno _error;

    /// <summary>The copies.</summary>
    public FenceSet Copies { get; } = new();

    /// <summary>From here on it has to be ended.</summary>
    /// <param name="host">The process, which is entered.</param>
    /// <param name="migration">What was collected.</param>
    /// <param name="block">Where to.</param>
    /// <param name="timeslice">How long the CPU does not get it back, in ns.</param>
    /// <param name="error">What a later copy could not be begun for, or Ok.</param>
    public void Begin(ICpuAddressSpace host, CpuMigration migration, SvmBlock block, long timeslice, Errno error)
    {
        (_host, _migration, _block, _timeslice, _error) = (host, migration, block, timeslice, error);
        // Once more for the time in which nobody of the engine is in there.
        host.TryEnter();
        block.IsFilling = true;
    }

    /// <summary>A copy that is not over yet; false when all are.</summary>
    public bool TryGetPending(out Fence copy)
    {
        foreach (Fence fence in Copies.Fences)
        {
            copy = fence;
            if (!fence.IsSignalled)
                return true;
        }

        copy = default;
        return false;
    }

    /// <summary>Puts the pages into the block, or back where they were if a copy has failed.</summary>
    /// <returns>Ok, or what failed.</returns>
    public Errno End()
    {
        foreach (Fence fence in Copies.Fences)
            _error = _error == Errno.Ok ? fence.Error : _error;
        SvmBlock block = _block!;
        block.IsFilling = false;
        if (_error == Errno.Ok)
        {
            block.Expiry = device.Clock.Now + _timeslice;
            block.Occupy();
            _error = _host!.InstallBlock(_migration!, block, firstPage: 0);
        }
        else
        {
            _host!.Restore(_migration!);
        }

        if (_error != Errno.Ok)
            block.DropReference();
        _host!.Leave();
        Errno error = _error;
        device.Return(_migration!);
        (_host, _migration, _block) = (null, null, null);
        device.Return(this);
        return error;
    }

    /// <summary>The device ends: the pages go back where they were.</summary>
    public void Abandon()
    {
        _error = Errno.ECANCELED;
        End();
    }
}
