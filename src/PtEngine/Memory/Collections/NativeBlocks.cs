using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>The one door to native memory. Whoever asks gets null when there is none, and fails in a way that can be taken back.</summary>
/// <remarks>Only growth comes here, never the steady state, so looking whether somebody watches costs nothing that counts. Any
/// thread.</remarks>
internal static unsafe class NativeBlocks
{
    /// <summary>Bytes of a huge page, at which blocks of <see cref="TryTakeHuge"/> begin.</summary>
    public const int HugePage = 2 << 20;

    private const nuint CacheLine = 64;
    private const int AdviseHugePages = 14;

    private static bool s_advises = OperatingSystem.IsLinux();

    [ThreadStatic]
    private static NativeWatch? t_watch;

    /// <summary>Who sees the blocks of this thread come and go; null outside of tests and benchmarks.</summary>
    public static NativeWatch? Watch
    {
        get => t_watch;
        set => t_watch = value;
    }

    /// <summary>A block with undefined content.</summary>
    public static void* TryTake(nuint bytes) => TryResize(null, bytes);

    /// <summary>A block that begins at a cache line, with undefined content; <see cref="ReturnAligned"/> gives it back.</summary>
    public static void* TryTakeAligned(nuint bytes) => TryTakeAligned(bytes, CacheLine);

    /// <summary>A block that begins at a page, with undefined content; likewise.</summary>
    public static void* TryTakePages(nuint bytes) => TryTakeAligned(bytes, (nuint)Environment.SystemPageSize);

    /// <summary>A block for whoever has many such already: it begins at a huge page, and the system is asked to back it by such, so that
    /// random accesses find their translation. Undefined content; <see cref="ReturnAligned"/> gives it back.</summary>
    public static void* TryTakeHuge(nuint bytes)
    {
        void* block = TryTakeAligned(bytes, HugePage);
        if (block != null && s_advises)
            AskForHugePages(block, bytes & ~((nuint)HugePage - 1));
        return block;
    }

    /// <summary>A block of zeros. A large one is fresh pages of the system, which cost nothing before they are touched.</summary>
    public static void* TryTakeZeroed(nuint bytes)
    {
        if (!Allows())
            return null;
        try
        {
            return Taken(NativeMemory.AllocZeroed(bytes), bytes);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>A block of another size with what the old one held, in place of it; when there is none the old one stays. Null has no
    /// bytes.</summary>
    public static void* TryResize(void* block, nuint bytes)
    {
        if (!Allows())
            return null;
        try
        {
            // SAFETY: the block is null or came from here, as callers promise.
            void* resized = NativeMemory.Realloc(block, bytes);
            NoteReturn(block);
            return Taken(resized, bytes);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>What was asked for, where no caller could be told that there is none: a device is being made, or an embedder declares
    /// memory.</summary>
    /// <exception cref="InsufficientMemoryException">There is none; the caller gives back what it has.</exception>
    public static void* Require(void* block) =>
        block != null ? block : throw new InsufficientMemoryException("the system has no memory left");

    public static void Return(void* block)
    {
        // SAFETY: the block is null or came from here, and its owner uses it no more.
        NativeMemory.Free(block);
        NoteReturn(block);
    }

    public static void ReturnAligned(void* block)
    {
        // SAFETY: as above.
        NativeMemory.AlignedFree(block);
        NoteReturn(block);
    }

    private static void* TryTakeAligned(nuint bytes, nuint alignment)
    {
        if (!Allows())
            return null;
        try
        {
            return Taken(NativeMemory.AlignedAlloc(bytes, alignment), bytes);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    // What the system answers does not matter: it is a wish.
    private static void AskForHugePages(void* start, nuint bytes)
    {
        try
        {
            // SAFETY: whole huge pages of a block that nobody uses yet; their content does not change.
            _ = Advise(start, bytes, AdviseHugePages);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            s_advises = false;
        }
    }

    // Nothing here has to be converted, so no generator is needed; this file is also compiled where none runs.
    [DllImport("libc", EntryPoint = "madvise", ExactSpelling = true)]
    private static extern int Advise(void* start, nuint bytes, int advice);

    private static bool Allows() => t_watch is not { } watch || watch.Allows();

    private static void* Taken(void* block, nuint bytes)
    {
        t_watch?.Taken((nint)block, bytes);
        return block;
    }

    private static void NoteReturn(void* block)
    {
        if (block != null)
            t_watch?.Returned((nint)block);
    }
}

/// <summary>Sees the native blocks of one thread come and go, and may refuse one as if the system had none.</summary>
internal abstract class NativeWatch
{
    /// <summary>A block is about to be taken.</summary>
    public abstract bool Allows();

    /// <summary>It was taken.</summary>
    /// <param name="block">Where it is.</param>
    /// <param name="bytes">Its size.</param>
    public virtual void Taken(nint block, nuint bytes)
    {
    }

    /// <summary>A block went back.</summary>
    /// <param name="block">Where it was.</param>
    public abstract void Returned(nint block);
}
