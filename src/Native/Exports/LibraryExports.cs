using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>The library, and why calls failed.</summary>
internal static unsafe class LibraryExports
{
    // Texts that C keeps pointers to.
    private static readonly byte[] Version = Pinned(typeof(LibraryExports).Assembly.GetName().Version?.ToString(3) ?? "");
    private static readonly byte[][] Platforms = [.. XePlatforms.All.Select(platform => Pinned(platform.Name))];
    private static readonly Dictionary<int, byte[]> Errnos =
        Enum.GetValues<Errno>().ToDictionary(errno => (int)errno, errno => Pinned(errno == Errno.Ok ? "0" : $"-{errno}"));

    private static readonly byte[] UnknownErrno = Pinned("unknown error");

    /// <summary>The version of the ABI that the library has: XEPT_ABI_VERSION of the header that it was built with. Programs that were
    /// compiled with a header of the same version, or of an older one of the same library name, work with it.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_abi_version")]
    public static uint AbiVersion() => Native.AbiVersion.Current;

    /// <summary>The version of the library, for example "0.1.0". The text is there for good.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_version")]
    public static byte* LibraryVersion() => At(Version);

    /// <summary>The name of a platform for xept_device_create, oldest first; NULL from the number of platforms on. The text is there for
    /// good.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_platform_name")]
    public static byte* PlatformName(uint index) => index < (uint)Platforms.Length ? At(Platforms[index]) : null;

    /// <summary>The name of an error that calls return, for example "-EINVAL". The text is there for good.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_error_name")]
    public static byte* ErrorName(int error) => At(Errnos.GetValueOrDefault(error, UnknownErrno));

    /// <summary>Why the last call of this thread that failed did so: rule, field, value and a sentence. Calls that succeed leave it as it
    /// is. The texts stay until this thread asks again.</summary>
    [UnmanagedCallersOnly(EntryPoint = "xept_last_failure")]
    public static int LastFailure(FailureInfo* failure)
    {
        try
        {
            Sized.Out(failure, Failure.Describe());
            return 0;
        }
        catch (Exception thrown)
        {
            return Failure.Of(thrown);
        }
    }

    private static byte[] Pinned(string text)
    {
        byte[] bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    // SAFETY: pinned, and never let go of.
    private static byte* At(byte[] text) => (byte*)Unsafe.AsPointer(ref text[0]);
}
