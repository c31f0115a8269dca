using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>DEVICE_QUERY, before the query is looked at (UAPI-010).</summary>
[CheckList(typeof(DrmXeDeviceQuery))]
[RequireZero(1, "UAPI-010", Errno.EINVAL, "must be zero", "extensions", "reserved")]
[RequireKnownValue(2, "UAPI-010", Errno.EINVAL, "no such query", "query")]
internal static partial class DeviceQueryChecks;
