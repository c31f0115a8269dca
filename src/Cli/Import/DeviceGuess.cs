using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Which platform a log was made on, by what the client asked: the device id, or the version of its graphics.</summary>
internal static class DeviceGuess
{
    /// <summary>The platform, or null when the client did not ask or no platform is like that.</summary>
    public static PlatformInfo? From(IEnumerable<RecordedCall> calls)
    {
        bool? isDiscrete = null;
        int verx100 = 0;
        foreach (RecordedCall call in calls.Where(call => call.Request == XeIoctl.DeviceQuery && call.Errno == 0))
        {
            ulong data = UapiBytes.Number("drm_xe_device_query", "data", call.In);
            if (!call.Memory.TryGetValue(data, out byte[]? answer))
                continue;
            switch ((DeviceQueryId)UapiBytes.Number("drm_xe_device_query", "query", call.In))
            {
                case DeviceQueryId.Config when answer.Length >= 24:
                    ulong id = UapiBytes.Number(answer.AsSpan(8, 2));
                    if (XePlatforms.All.FirstOrDefault(platform => platform.DeviceId == id) is { } known)
                        return known;
                    isDiscrete = (answer[16] & 1) != 0;
                    break;
                case DeviceQueryId.GtList when answer.Length >= 8 + UapiBytes.Layout("drm_xe_gt").Size:
                    ReadOnlySpan<byte> gt = answer.AsSpan(8);
                    ulong major = UapiBytes.Number("drm_xe_gt", "ip_ver_major", gt);
                    ulong minor = UapiBytes.Number("drm_xe_gt", "ip_ver_minor", gt);
                    verx100 = (int)((major * 100) + minor);
                    break;
            }
        }

        return XePlatforms.All.FirstOrDefault(platform =>
            platform.GraphicsVerx100 == verx100 && (isDiscrete is null || platform.IsDiscrete == isDiscrete));
    }
}
