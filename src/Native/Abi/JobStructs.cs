namespace XePt.Native;

/// <summary>A job, as the callbacks of xept_device_options get it.</summary>
[CType("xept_job_info")]
internal unsafe struct JobInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>What else is to be said of it.</summary>
    [CEnum(typeof(JobFlags))]
    public uint Flags;

    /// <summary>The job; what the callback is given besides ends with the callback.</summary>
    public JobHandle Job;

    /// <summary>The client that submitted it.</summary>
    public ClientHandle Client;

    /// <summary>VM it runs in.</summary>
    public uint VmId;

    /// <summary>Its queue.</summary>
    public uint QueueId;

    /// <summary>Number on its queue, from 1.</summary>
    public ulong Seqno;

    /// <summary>GPU addresses of its batches.</summary>
    public ulong* Batches;

    /// <summary>How many they are.</summary>
    public uint BatchCount;

    /// <summary>Class of the engine: DRM_XE_ENGINE_CLASS_*.</summary>
    public uint EngineClass;

    /// <summary>Number of the first engine that it may run on.</summary>
    public uint EngineInstance;

    /// <summary>GT of that engine.</summary>
    public uint Gt;
}

/// <summary>What else is to be said of a job.</summary>
[Flags, CType("xept_job_flag")]
internal enum JobFlags : uint
{
    /// <summary>The TLBs of its engine were flushed for it.</summary>
    FlushesTlb = 1,

    /// <summary>It ran before and was preempted.</summary>
    WasPreempted = 2,
}
