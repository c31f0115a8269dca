namespace XePt.Uapi;

/// <summary>Request codes of the ioctls, and their parts (specification 01, section 1).</summary>
public static partial class XeIoctl
{
    /// <summary>The type byte of every DRM request.</summary>
    public const byte DrmType = (byte)'d';

    /// <summary>The type byte of a request.</summary>
    /// <param name="request">A request code.</param>
    public static byte TypeOf(uint request) => (byte)(request >> 8);

    /// <summary>The driver's ioctl number: one of <see cref="Numbers"/>, or above any when the request is not the driver's.</summary>
    /// <param name="request">A request code.</param>
    public static uint NumberOf(uint request) => (request & 0xff) - XeConstants.CommandBase;

    /// <summary>Bytes of the caller's argument struct; may differ from the driver's.</summary>
    /// <param name="request">A request code.</param>
    public static int SizeOf(uint request) => (int)(request >> 16) & 0x3fff;

    /// <summary>Whether the argument struct is read from the caller; without that it begins as zeros.</summary>
    /// <param name="request">A request code.</param>
    public static bool CopiesIn(uint request) => ((request >> 30) & 1) != 0;

    /// <summary>Whether the argument struct is copied back to the caller, also on failure.</summary>
    /// <param name="request">A request code.</param>
    public static bool CopiesBack(uint request) => (request >> 31) != 0;
}
