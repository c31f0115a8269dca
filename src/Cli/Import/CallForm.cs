using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>How a request becomes a record of a trace.</summary>
/// <param name="Request">The request code.</param>
/// <param name="Name">Name of the record.</param>
/// <param name="Struct">C name of the argument.</param>
internal sealed record CallForm(uint Request, string Name, string Struct)
{
    /// <summary>Field that gives a new handle, and what kind of thing that is.</summary>
    public (string Field, HandleKind Kind)? Makes { get; init; }

    /// <summary>Fields that are not written into the record: addresses in the client, and what the call gives back.</summary>
    public IReadOnlyList<string> Omits { get; init; } = [];

    /// <summary>Fields that are arrays in the record.</summary>
    public IReadOnlyList<ArrayForm> Arrays { get; init; } = [];

    /// <summary>Whether <c>fd</c> is a descriptor that it takes or makes.</summary>
    public DescriptorUse Descriptor { get; init; }

    /// <summary>Whether its result depends on what jobs do and how long that takes, which a replay does not know.</summary>
    public bool Waits { get; init; }

    /// <summary>All requests that traces have records for.</summary>
    public static IReadOnlyDictionary<uint, CallForm> All { get; } = new CallForm[]
    {
        new(XeIoctl.VmCreate, "VM_CREATE", "drm_xe_vm_create") { Makes = ("vm_id", HandleKind.Vm), Omits = ["vm_id"] },
        new(XeIoctl.VmDestroy, "VM_DESTROY", "drm_xe_vm_destroy"),
        new(XeIoctl.GemCreate, "GEM_CREATE", "drm_xe_gem_create") { Makes = ("handle", HandleKind.Bo), Omits = ["handle"] },
        new(DrmIoctl.GemClose, "GEM_CLOSE", "drm_gem_close"),
        new(XeIoctl.GemMmapOffset, "GEM_MMAP_OFFSET", "drm_xe_gem_mmap_offset") { Omits = ["offset"] },
        new(XeIoctl.DeviceQuery, "DEVICE_QUERY", "drm_xe_device_query") { Omits = ["size", "data"] },
        new(XeIoctl.VmBind, "VM_BIND", "drm_xe_vm_bind")
        {
            Omits = ["num_binds", "bind", "vector_of_binds", "num_syncs", "syncs"],
            Arrays = [
                new("binds", "vector_of_binds", "num_binds", "drm_xe_vm_bind_op") { Inline = "bind" },
                new("syncs", "syncs", "num_syncs", "drm_xe_sync")],
        },
        new(XeIoctl.ExecQueueCreate, "EXEC_QUEUE_CREATE", "drm_xe_exec_queue_create")
        {
            Makes = ("exec_queue_id", HandleKind.Queue),
            Omits = ["exec_queue_id", "instances"],
            Arrays = [new("instances", "instances", "num_placements", "drm_xe_engine_class_instance") { Times = "width" }],
        },
        new(XeIoctl.ExecQueueDestroy, "EXEC_QUEUE_DESTROY", "drm_xe_exec_queue_destroy"),
        new(XeIoctl.ExecQueueGetProperty, "EXEC_QUEUE_GET_PROPERTY", "drm_xe_exec_queue_get_property") { Omits = ["value"] },
        new(XeIoctl.ExecQueueSetProperty, "EXEC_QUEUE_SET_PROPERTY", "drm_xe_exec_queue_set_property"),
        new(XeIoctl.Exec, "EXEC", "drm_xe_exec")
        {
            Omits = ["address", "num_syncs", "syncs"],
            Arrays = [
                new("syncs", "syncs", "num_syncs", "drm_xe_sync"),
                new("address", "address", "num_batch_buffer", null) { Inline = "address" }],
        },
        new(XeIoctl.WaitUserFence, "WAIT_USER_FENCE", "drm_xe_wait_user_fence") { Waits = true },
        new(DrmIoctl.SyncobjCreate, "SYNCOBJ_CREATE", "drm_syncobj_create") { Makes = ("handle", HandleKind.Syncobj), Omits = ["handle"] },
        new(DrmIoctl.SyncobjDestroy, "SYNCOBJ_DESTROY", "drm_syncobj_destroy"),
        new(DrmIoctl.SyncobjSignal, "SYNCOBJ_SIGNAL", "drm_syncobj_array") { Omits = ["count_handles", "handles"], Arrays = [Handles] },
        new(DrmIoctl.SyncobjReset, "SYNCOBJ_RESET", "drm_syncobj_array") { Omits = ["count_handles", "handles"], Arrays = [Handles] },
        new(DrmIoctl.SyncobjTimelineSignal, "SYNCOBJ_TIMELINE_SIGNAL", "drm_syncobj_timeline_array")
        {
            Omits = ["count_handles", "handles", "points"],
            Arrays = [Handles, Points],
        },
        new(DrmIoctl.SyncobjQuery, "SYNCOBJ_QUERY", "drm_syncobj_timeline_array")
        {
            Omits = ["count_handles", "handles", "points"],
            Arrays = [Handles],
        },
        new(DrmIoctl.SyncobjWait, "SYNCOBJ_WAIT", "drm_syncobj_wait")
        {
            Omits = ["count_handles", "handles", "first_signaled", "timeout_nsec"],
            Arrays = [Handles],
            Waits = true,
        },
        new(DrmIoctl.SyncobjTimelineWait, "SYNCOBJ_TIMELINE_WAIT", "drm_syncobj_timeline_wait")
        {
            Omits = ["count_handles", "handles", "points", "first_signaled", "timeout_nsec"],
            Arrays = [Handles, Points],
            Waits = true,
        },
        new(DrmIoctl.SyncobjTransfer, "SYNCOBJ_TRANSFER", "drm_syncobj_transfer"),
        new(DrmIoctl.SyncobjHandleToFd, "SYNCOBJ_HANDLE_TO_FD", "drm_syncobj_handle")
        {
            Omits = ["fd"],
            Descriptor = DescriptorUse.Makes,
        },
        new(DrmIoctl.SyncobjFdToHandle, "SYNCOBJ_FD_TO_HANDLE", "drm_syncobj_handle")
        {
            Makes = ("handle", HandleKind.Syncobj),
            Omits = ["fd"],
            Descriptor = DescriptorUse.Takes,
        },
        new(DrmIoctl.PrimeHandleToFd, "PRIME_HANDLE_TO_FD", "drm_prime_handle") { Omits = ["fd"], Descriptor = DescriptorUse.Makes },
        new(DrmIoctl.PrimeFdToHandle, "PRIME_FD_TO_HANDLE", "drm_prime_handle")
        {
            Makes = ("handle", HandleKind.Bo),
            Omits = ["fd", "handle"],
            Descriptor = DescriptorUse.Takes,
        },
        new(XeIoctl.Madvise, "MADVISE", "drm_xe_madvise"),
        new(XeIoctl.VmQueryMemRangeAttrs, "VM_QUERY_MEM_RANGE_ATTRS", "drm_xe_vm_query_mem_range_attr"),
        new(XeIoctl.Observation, "OBSERVATION", "drm_xe_observation_param") { Omits = ["param"] },
    }.ToDictionary(form => form.Request);

    /// <summary>The form of a request, also where the program was built with another size of the struct: numbers tell requests
    /// apart.</summary>
    public static CallForm? Find(uint request) => All.GetValueOrDefault(request)
        ?? All.Values.FirstOrDefault(form => DrmIoctl.NumberOf(form.Request) == DrmIoctl.NumberOf(request));

    private static ArrayForm Handles => new("handles", "handles", "count_handles", null) { ElementBytes = 4, Kind = HandleKind.Syncobj };

    private static ArrayForm Points => new("points", "points", "count_handles", null);
}

/// <summary>An array that a call points to.</summary>
/// <param name="Name">Field of the record.</param>
/// <param name="Address">Field of the struct with the address.</param>
/// <param name="Count">Field with the count.</param>
/// <param name="Struct">C name of the elements; null for words.</param>
internal sealed record ArrayForm(string Name, string Address, string Count, string? Struct)
{
    /// <summary>Field that a single element stands in itself, or null.</summary>
    public string? Inline { get; init; }

    /// <summary>Field that the count is multiplied by, or null.</summary>
    public string? Times { get; init; }

    /// <summary>Bytes of a word.</summary>
    public int ElementBytes { get; init; } = 8;

    /// <summary>What the words are handles of.</summary>
    public HandleKind Kind { get; init; }
}

/// <summary>What a call does with a descriptor.</summary>
internal enum DescriptorUse
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>It gets one.</summary>
    Takes,

    /// <summary>It gives one back.</summary>
    Makes,
}

/// <summary>Kinds of things that handles and ids stand for.</summary>
internal enum HandleKind
{
    /// <summary>No handle.</summary>
    None,

    /// <summary>A VM.</summary>
    Vm,

    /// <summary>A BO.</summary>
    Bo,

    /// <summary>An exec queue.</summary>
    Queue,

    /// <summary>A syncobj.</summary>
    Syncobj,
}
