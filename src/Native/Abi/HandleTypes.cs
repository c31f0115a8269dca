namespace XePt.Native;

// Handles are numbers in the clothes of pointers: C has a type for each kind, and nobody can follow one.

/// <summary>A device: one GPU without hardware.</summary>
[CType("xept_device")]
internal readonly record struct DeviceHandle(nint Value);

/// <summary>A client of a device: what an open file of the render node is to the driver.</summary>
[CType("xept_client")]
internal readonly record struct ClientHandle(nint Value);

/// <summary>What holds table memory in place for a page walker.</summary>
[CType("xept_walker")]
internal readonly record struct WalkerHandle(nint Value);

/// <summary>A TLB that acknowledges invalidations.</summary>
[CType("xept_tlb")]
internal readonly record struct TlbHandle(nint Value);

/// <summary>A job that runs, from the call of the sink until it is completed, cancelled or preempted.</summary>
[CType("xept_job")]
internal readonly record struct JobHandle(nint Value);

/// <summary>What a VM was at a moment.</summary>
[CType("xept_snapshot")]
internal readonly record struct SnapshotHandle(nint Value);
