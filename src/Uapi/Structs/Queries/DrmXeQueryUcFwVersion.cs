using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Payload of the UC_FW_VERSION query.</summary>
[CName("drm_xe_query_uc_fw_version")]
[UapiStruct(Size = 32)]
[StructLayout(LayoutKind.Explicit, Size = 32)]
public partial struct DrmXeQueryUcFwVersion
{
    /// <summary>In: which microcontroller.</summary>
    [CName("uc_type"), FieldOffset(0)]
    public MicrocontrollerType UcType;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(2)]
    public ushort Pad;

    /// <summary>Out: branch version.</summary>
    [CName("branch_ver"), FieldOffset(4)]
    public uint BranchVer;

    /// <summary>Out: major version.</summary>
    [CName("major_ver"), FieldOffset(8)]
    public uint MajorVer;

    /// <summary>Out: minor version.</summary>
    [CName("minor_ver"), FieldOffset(12)]
    public uint MinorVer;

    /// <summary>Out: patch version.</summary>
    [CName("patch_ver"), FieldOffset(16)]
    public uint PatchVer;

    /// <summary>Padding; zero.</summary>
    [CName("pad2"), FieldOffset(20)]
    public uint Pad2;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(24)]
    public ulong Reserved;
}
