namespace XePt.Schedules.Exploring;

/// <summary>When a store by one thread reaches the others.</summary>
public enum MemoryModel
{
    /// <summary>At once.</summary>
    SequentiallyConsistent,

    /// <summary>Later, in the order of the thread's stores: x86. A thread sees its own stores at once; interlocked operations and barriers
    /// wait until all have arrived.</summary>
    TotalStoreOrder,

    /// <summary>Later, in any order, except that stores to one address keep theirs and none overtakes a release or barrier.</summary>
    WeakStores,
}
