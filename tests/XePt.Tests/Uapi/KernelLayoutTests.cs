using System.Globalization;
using XePt.Uapi;

namespace XePt.Tests.Uapi;

/// <summary>The declarations against what a C compiler makes of the kernel's public header.</summary>
public class KernelLayoutTests
{
    // What Linux 7.0 has and the header that the list was made from has not; the specification says how it is.
    private static readonly string[] Younger =
    [
        "drm_syncobj_handle",
        "drm_xe_exec_queue_set_property",
        "drm_xe_ext_set_property.ptr",
        "drm_xe_madvise.preferred_mem_loc.region_instance",
        "DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE",
        "DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD",
        "DRM_IOCTL_XE_EXEC_QUEUE_SET_PROPERTY",
        "DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE",
        "DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE",
        "DRM_XE_EXEC_QUEUE_SET_HANG_REPLAY_STATE",
        "DRM_XE_EXEC_QUEUE_SET_PROPERTY",
        "DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_GROUP",
        "DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_QUEUE_PRIORITY",
        "DRM_XE_GEM_CREATE_FLAG_NO_COMPRESSION",
        "DRM_XE_MAX_SYNCS",
        "DRM_XE_MULTI_GROUP_CREATE",
        "DRM_XE_OA_UNIT_TYPE_MERT",
        "DRM_XE_QUERY_CONFIG_FLAG_HAS_NO_COMPRESSION_HINT",
        "DRM_XE_VM_BIND_FLAG_MADVISE_AUTORESET",
    ];

    private static readonly string[] Lines =
    [
        .. File.ReadLines(Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Uapi", "kernel-layout.txt"))
            .Where(line => line[0] != '#'),
    ];

    [Fact]
    public void Every_struct_has_the_size_that_c_gives_it() => Assert.Equal(
        Of("struct"),
        UapiTable.Structs.Where(info => !Younger.Contains(info.CName)).Select(info => $"{info.CName} {info.Size}")
            .Order(StringComparer.Ordinal));

    [Fact]
    public void Every_field_is_where_c_puts_it() => Assert.Equal(
        Of("field"),
        UapiTable.Structs.Where(info => !Younger.Contains(info.CName))
            .SelectMany(info => info.Fields.Select(field => (Name: $"{info.CName}.{field.CName}", field.Offset, field.Size)))
            .Where(field => !Younger.Contains(field.Name))
            .Select(field => $"{field.Name} {field.Offset} {field.Size}").Order(StringComparer.Ordinal));

    [Fact]
    public void Every_constant_has_the_value_that_c_gives_it() => Assert.Equal(
        Of("const"),
        UapiTable.Constants.Where(constant => !Younger.Contains(constant.CName))
            .Select(constant => string.Create(CultureInfo.InvariantCulture, $"{constant.CName} 0x{constant.Value:x}"))
            .Order(StringComparer.Ordinal));

    private static IEnumerable<string> Of(string kind) => Lines.Where(line => line.StartsWith(kind + " ", StringComparison.Ordinal))
        .Select(line => line[(kind.Length + 1)..]).Order(StringComparer.Ordinal);
}
