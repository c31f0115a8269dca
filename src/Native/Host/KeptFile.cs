namespace XePt.Native;

/// <summary>The descriptor of a file that is kept, among numbers that programs seldom have; not more than some, for they are the
/// program's.</summary>
/// <remarks>A program may close all descriptors that it knows nothing of, and open others: before each use this looks whether its own is
/// still there. Concurrency: any thread.</remarks>
internal sealed unsafe class KeptFile : IDisposable
{
    /// <summary>How many are kept at most.</summary>
    public const int Most = 256;

    private const int LowestNumber = 512;

    private static int s_count;

    private readonly int _fd;
    private int _isGone;

    private KeptFile(int fd, FileIdentity identity) => (_fd, Identity) = (fd, identity);

    /// <summary>Which file it is.</summary>
    public FileIdentity Identity { get; }

    /// <summary>Keeps a copy of a descriptor; null when there are too many, or the system has none.</summary>
    public static KeptFile? TryKeep(int fd)
    {
        if (Interlocked.Increment(ref s_count) <= Most && FileIdentity.TryOf(fd) is { } identity)
        {
            int kept = LibC.ControlFile(fd, LibC.DuplicateFrom, LowestNumber);
            if (kept >= 0)
                return new KeptFile(kept, identity);
        }

        Interlocked.Decrement(ref s_count);
        return null;
    }

    /// <summary>Keeps it once more, for somebody else.</summary>
    public KeptFile? TryKeepAgain() => IsThere ? TryKeep(_fd) : null;

    /// <summary>A new descriptor of it, closed by exec; -1 when it is not there any more, or the system has none.</summary>
    public int Duplicate() => IsThere ? LibC.ControlFile(_fd, LibC.DuplicateFrom, 0) : -1;

    /// <summary>Lets it go.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isGone, 1) != 0)
            return;
        Interlocked.Decrement(ref s_count);
        if (FileIdentity.TryOf(_fd) == Identity)
            _ = LibC.Close(_fd);
    }

    private bool IsThere => Volatile.Read(ref _isGone) == 0 && FileIdentity.TryOf(_fd) == Identity;
}
