using XePt.Uapi;

namespace XePt.Fences;

/// <summary>An engine queue of a preempt-fence VM, as memory management sees it: it can be stopped while memory moves (EVT-006,
/// EVT-007).</summary>
/// <remarks>Concurrency: the VM's rebind worker makes these calls one after the other, never while it holds a gate, so a queue may call its
/// job sink. The one exception is <see cref="Suspend"/> of a queue that has no job yet, which calls nobody.</remarks>
internal interface IPreemptibleQueue
{
    /// <summary>Id inside the file.</summary>
    uint Id { get; }

    /// <summary>Every submitted job is complete.</summary>
    bool IsIdle { get; }

    /// <summary>Stops the queue: nothing of it runs once the returned fence has signalled, until <see cref="Resume"/>. Jobs may be
    /// submitted meanwhile and wait.</summary>
    /// <returns>Signals when the queue has stopped: with -ENOENT when it was reset or killed (EVT-007), with -ETIME when it would not
    /// stop.</returns>
    Fence Suspend();

    /// <summary>Lets a stopped queue go on; does nothing to one that is not stopped.</summary>
    void Resume();

    /// <summary>Ends the queue: the VM was banned (BIND-015).</summary>
    void Kill(Errno error);
}
