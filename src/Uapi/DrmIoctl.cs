namespace XePt.Uapi;

/// <summary>Request codes of the ioctls of the DRM core (docs/drm-core.md, section 1).</summary>
public static partial class DrmIoctl
{
    /// <summary>The number in a request code, whoever it belongs to.</summary>
    /// <param name="request">A request code.</param>
    public static uint NumberOf(uint request) => request & 0xff;

    /// <summary>Whether a request belongs to the core rather than to the driver.</summary>
    /// <param name="request">A request code.</param>
    public static bool IsCore(uint request) => NumberOf(request) is < XeConstants.CommandBase or >= XeConstants.CommandEnd;
}
