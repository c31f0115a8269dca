using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>The recorder of a device, and the file that failures are written to.</summary>
/// <remarks>Concurrency: any thread; starts and stops exclude each other. A failure that is being written while the file is closed is
/// lost.</remarks>
internal sealed class NativeRecorder(XeRecorder recorder) : IDisposable
{
    private const RecorderFlags AllFlags = RecorderFlags.Verbose | RecorderFlags.RealTime;

    private readonly Lock _lock = new();
    private StreamWriter? _failures;

    /// <exception cref="XeptException">A choice that means nothing, or the file cannot be written.</exception>
    /// <exception cref="ArgumentException">Too many records.</exception>
    public unsafe void Start(in RecorderOptions options)
    {
        var flags = (RecorderFlags)options.Flags;
        if ((flags & ~AllFlags) != 0)
            throw new XeptException(Errno.EINVAL, $"flags 0x{options.Flags:x} mean nothing to this version of the library");
        var groups = (XeEventGroups)options.Groups;
        if ((groups & ~XeEventGroups.All) != 0)
            throw new XeptException(Errno.EINVAL, $"groups 0x{options.Groups:x} mean nothing to this version of the library");
        if (options.Records > XeRecorder.MostRecords)
            throw new XeptException(Errno.EINVAL, $"{options.Records} records are more than {XeRecorder.MostRecords}");
        // SAFETY: null, or a text of the caller's.
        string? path = Marshal.PtrToStringUTF8((nint)options.FailurePath);
        StreamWriter? failures = path is null ? null : new StreamWriter(path) { AutoFlush = true };
        lock (_lock)
        {
            Close();
            _failures = failures;
            recorder.FailureDump = failures is null ? null : TextWriter.Synchronized(failures);
            recorder.Start(
                options.Records == 0 ? 1 << 16 : (int)options.Records,
                (flags & RecorderFlags.Verbose) != 0 ? EventLevel.Verbose : EventLevel.Informational,
                groups == 0 ? XeEventGroups.All : groups,
                (flags & RecorderFlags.RealTime) != 0 ? XeRecorderClock.Real : XeRecorderClock.Device);
        }
    }

    public void Stop()
    {
        lock (_lock)
        {
            recorder.Stop();
            Close();
        }
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Dump(string path)
    {
        using var writer = new StreamWriter(path);
        recorder.Dump(writer);
    }

    public void Dispose() => Stop();

    private void Close()
    {
        recorder.FailureDump = null;
        _failures?.Dispose();
        _failures = null;
    }
}
