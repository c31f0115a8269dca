using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One sync entry of VM_BIND or EXEC (02 section 8).</summary>
[CName("drm_xe_sync")]
[UapiStruct(Size = 48)]
[StructLayout(LayoutKind.Explicit, Size = 48)]
public partial struct DrmXeSync
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Kind of sync object.</summary>
    [CName("type"), FieldOffset(8)]
    public SyncType Type;

    /// <summary>Direction: in-sync, or out-sync with <see cref="SyncFlags.Signal"/>.</summary>
    [CName("flags"), FieldOffset(12)]
    public SyncFlags Flags;

    /// <summary>Handle of the syncobj; the upper half of <see cref="Addr"/> must then be 0.</summary>
    [CName("handle"), FieldOffset(16), Union("object")]
    public uint Handle;

    /// <summary>Address of the user fence, 8-byte aligned.</summary>
    [CName("addr"), FieldOffset(16), Union("object")]
    public ulong Addr;

    /// <summary>Point on the timeline (not 0), or the value that a user fence writes.</summary>
    [CName("timeline_value"), FieldOffset(24)]
    public ulong TimelineValue;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(32)]
    public UInt64x2 Reserved;
}
