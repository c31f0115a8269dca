namespace XePt.Calls;

/// <summary>How a stage of a call ended. Inside the engine only: what the client gets is the errno of the reason
/// (<see cref="RefusalSink.Why"/>).</summary>
internal enum Outcome
{
    /// <summary>Go on.</summary>
    Done,

    /// <summary>Accepted, and no table has to change: the new VMA list stays (BIND-209).</summary>
    NothingToSubmit,

    /// <summary>Refused or failed; why stands in the call, but for pages that are merely not moved, and whatever the call has changed is
    /// taken back.</summary>
    Refused,

    /// <summary>Memory has to move and another thread is in a VM: everything is taken back, the VM is left, and the call starts again
    /// inside all VMs (BIND-194).</summary>
    Restart,

    /// <summary>Pages of a process are in the middle of a change, which may wait for jobs of this VM: everything is taken back, the VM is
    /// left, and the call starts again when others have had their turn.</summary>
    Again,
}
