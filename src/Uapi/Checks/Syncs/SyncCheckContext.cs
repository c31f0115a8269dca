namespace XePt.Uapi.Checks;

/// <summary>What the checks of a sync entry know about the call that carries it.</summary>
internal readonly struct SyncCheckContext
{
    /// <summary>Whether the VM is long-running: in preempt-fence or fault mode.</summary>
    public required bool IsLongRunning { get; init; }

    /// <summary>Whether the call can signal a user fence: not a VM_BIND without ops (BIND-119).</summary>
    public required bool UserFenceAllowed { get; init; }
}
