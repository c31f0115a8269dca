using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// The address space of a client process, as the engine needs it for userptrs and CPU address mirrors (HST-001 to HST-012). The embedder
/// supplies it, or takes the default model of this room. Addresses are page-aligned where nothing else is said; the engine calls once per
/// interval, never per page.
/// </summary>
/// <remarks>
/// Concurrency: any thread calls anything. The engine holds its own locks meanwhile, so no call waits for another thread but
/// <see cref="ReadBegin"/> and <see cref="Unsubscribe"/>. Callbacks (<see cref="CpuSubscription.Invalidate"/>, <see cref="DeviceBlock"/>)
/// are called while nothing of the address space is held that another call here needs. A change is in three steps: every subscription
/// that it meets gets a new sequence number and is "in mid-change"; the callbacks run, by start of interval, the oldest first; the change
/// takes effect and ends.
/// </remarks>
public interface ICpuAddressSpace
{
    /// <summary>The frames that system pages of this process are in.</summary>
    IFrameMemory Frames { get; }

    /// <summary>Keeps the address space from ending; brackets all other calls but those on subscriptions (HST-001). False once the process
    /// is gone (SVM-051). Nests.</summary>
    bool TryEnter();

    /// <summary>Ends one <see cref="TryEnter"/>.</summary>
    void Leave();

    /// <summary>The mapping that holds an address (HST-002).</summary>
    bool TryFindVma(ulong address, out CpuVma vma);

    /// <summary>The first mapping that intersects an interval (HST-003); its start may lie before the interval.</summary>
    bool TryFindFirstVma(AddressRange range, out CpuVma vma);

    /// <summary>Describes pages without changing anything (HST-004); what is not mapped, cannot be read or lives in a device of another
    /// owner is absent.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="owner">Whose device pages count as present; null counts none.</param>
    /// <param name="into">Is cleared, then receives runs that cover the interval.</param>
    void Snapshot(AddressRange range, object? owner, CpuPageList into);

    /// <summary>Makes pages present, from the first on (HST-005), and describes them. Copy-on-write is broken when writing; pages in a
    /// device of another owner are pulled to system memory; own device pages are taken without any look at write protection (VEC-01). What
    /// was changed before an error stays changed. Raises changes, also of the caller's own subscriptions.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="write">The pages will be written.</param>
    /// <param name="owner">Whose device pages are taken as they are; null takes none.</param>
    /// <param name="into">Is cleared, then receives runs, none of them absent, that cover the interval.</param>
    /// <returns>Ok; -EFAULT: not mapped, not readable, I/O, or a pull failed; -EPERM: not writable; -EBUSY: somebody is migrating a page;
    /// -ENOMEM.</returns>
    Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into);

    /// <summary>From now on the subscription hears of every change in an interval, before it takes effect (HST-006). Intervals may overlap.
    /// Changes in the middle do not concern it: pages collected under <see cref="ReadBegin"/> are of after them.</summary>
    /// <param name="subscription">Not subscribed.</param>
    /// <param name="range">Not empty.</param>
    /// <returns>Ok; -ENOMEM.</returns>
    Errno Subscribe(CpuSubscription subscription, AddressRange range);

    /// <summary>Ends a subscription; waits for its running callback (CON-015), unless it is this thread's own.</summary>
    void Unsubscribe(CpuSubscription subscription);

    /// <summary>As <see cref="Unsubscribe"/> without waiting, for a caller on whom the callback may wait.</summary>
    /// <returns>False when a callback runs on another thread; nothing has changed.</returns>
    bool TryUnsubscribe(CpuSubscription subscription);

    /// <summary>The sequence number to look at pages under (HST-007); waits while a change of the interval is in its middle.</summary>
    ulong ReadBegin(CpuSubscription subscription);

    /// <summary>As <see cref="ReadBegin"/> without waiting, for a caller on whom the change may wait.</summary>
    /// <returns>False when a change is in its middle; the number given is one that <see cref="ReadRetry"/> finds outdated.</returns>
    bool TryReadBegin(CpuSubscription subscription, out ulong sequence);

    /// <summary>A change has begun since the number was read. Exact under a lock that the subscription's callback takes: if this says no,
    /// any later change will call back and wait for the lock.</summary>
    bool ReadRetry(CpuSubscription subscription, ulong sequence);

    /// <summary>Collects pages of one mapping for a migration (HST-008): raises <see cref="CpuChangeKind.Migrate"/> on the interval, then
    /// locks what it can get. Huge pages are split, also if nothing is collected.</summary>
    /// <param name="migration">Receives the pages; the caller looks whether they are enough, then installs or restores.</param>
    /// <param name="range">Whole pages.</param>
    /// <param name="kinds">What is collected.</param>
    /// <returns>Ok, also when nothing was collected; -EINVAL when the interval is not inside one mapping; -ENOMEM. After an errno nothing
    /// is collected.</returns>
    Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds);

    /// <summary>Collects all pages that live in a block, wherever they are mapped: raises <see cref="CpuChangeKind.Clear"/> for each, in
    /// the block's order (SVM-186).</summary>
    /// <returns>Ok, also when nothing was collected; -ENOMEM.</returns>
    Errno CollectBlock(CpuMigration migration, DeviceBlock block);

    /// <summary>Gets a frame for each collected page, to be filled before <see cref="InstallFrames"/>; their content is
    /// undefined.</summary>
    /// <returns>Ok; -ENOMEM, and then there are none.</returns>
    Errno PrepareFrames(CpuMigration migration);

    /// <summary>Puts the prepared frames in place of the collected pages, and ends the migration (HST-009). A page whose mapping has gone
    /// in the meantime is left out.</summary>
    void InstallFrames(CpuMigration migration);

    /// <summary>Puts pages of a block in place of the collected ones, and ends the migration: the page at address a becomes number
    /// <c>firstPage + (a - Start) / 4096</c>. Raises <see cref="CpuChangeKind.Migrate"/> from the first empty page on when there is
    /// one.</summary>
    /// <returns>Ok; -ENOMEM, and then the pages are restored.</returns>
    Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage);

    /// <summary>Puts the collected pages back unchanged, and ends the migration (HST-009).</summary>
    void Restore(CpuMigration migration);
}
