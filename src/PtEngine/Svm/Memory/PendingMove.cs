using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>A migration into device memory whose copies are in flight: what was collected stays locked, and the block belongs to it, until
/// they are over.</summary>
/// <remarks>Concurrency: the fault in service begins it and takes its result. Any thread ends it, once, when its copies are over: the
/// fault's when it goes on, or one that needs the pages (<see cref="PendingMigrations"/>). It needs no VM for that, so that a VM may go
/// meanwhile.</remarks>
internal sealed class PendingMove(MirrorDevice device) : PendingMigration
{
    private enum Stage
    {
        /// <summary>Nobody's, or its copies are still being begun.</summary>
        Free,

        /// <summary>Copies are in flight.</summary>
        InFlight,

        /// <summary>A thread puts the pages where they belong.</summary>
        Ending,

        /// <summary>It has a result.</summary>
        Over,
    }

    private readonly FenceTimeline _ends = new("migrations");
    private SpinGate _gate;
    private Stage _stage;
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
        Space = host is GuardedProcess guarded ? guarded.Space : host;
        Range = migration.Range;
        Ended = _ends.Next();
        // Before any thread can end it: one that was about to hasten its last use may.
        PendingMigrations.Add(this);
        SetStage(Stage.InFlight);
    }

    /// <summary>Puts the pages into the block, or back where they were if a copy has failed, when the copies are over.</summary>
    /// <param name="pending">Otherwise a fence to wait for.</param>
    public bool TryEnd(out Fence pending)
    {
        pending = default;
        _gate.Enter();
        bool isOver = _stage == Stage.Over;
        bool ends = _stage == Stage.InFlight && !TryFindPending(out pending);
        if (ends)
            _stage = Stage.Ending;
        else if (_stage == Stage.Ending)
            pending = Ended;
        _gate.Exit();
        if (ends)
            End();
        return isOver || ends;
    }

    /// <inheritdoc/>
    public override void Hasten()
    {
        _gate.Enter();
        bool isMine = _stage == Stage.InFlight;
        _gate.Exit();
        if (isMine && TryEnd(out _))
            return;
        device.Clock.Pause(XeClock.Millisecond);
        if (!WriterGate.IsAnyHeldHere)
            device.Clock.RunDue();
    }

    /// <summary>Takes the result of one that has ended, which is free then.</summary>
    /// <returns>Ok, or what failed.</returns>
    public Errno Take()
    {
        Errno error = _error;
        SetStage(Stage.Free);
        device.Return(this);
        return error;
    }

    /// <summary>The device ends: the pages go back where they were.</summary>
    public void Abandon()
    {
        _gate.Enter();
        bool ends = _stage == Stage.InFlight;
        if (ends)
            (_stage, _error) = (Stage.Ending, Errno.ECANCELED);
        _gate.Exit();
        if (ends)
            End();
    }

    private bool TryFindPending(out Fence pending)
    {
        foreach (Fence copy in Copies.Fences)
        {
            pending = copy;
            if (!copy.IsSignalled)
                return true;
        }

        pending = default;
        return false;
    }

    private void End()
    {
        foreach (Fence fence in Copies.Fences)
            _error = _error == Errno.Ok ? fence.Error : _error;
        SvmBlock block = _block!;
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
        device.Return(_migration!);
        (_host, _migration, _block) = (null, null, null);
        PendingMigrations.Remove(this);
        Space = null;
        Fence ended = Ended;
        SetStage(Stage.Over);
        ended.TrySignal();
    }

    private void SetStage(Stage stage)
    {
        _gate.Enter();
        _stage = stage;
        _gate.Exit();
    }
}
