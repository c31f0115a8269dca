using System.Runtime.InteropServices;

namespace XePt.Native;

/// <summary>
/// The memory of this process as ioctls reach it. The system copies, so that a bad pointer is found out and not followed: to look first
/// would be quicker, and would crash the process whose other threads change its mappings in between.
/// </summary>
/// <remarks>Any thread. Nothing is kept open that a program could close by mistake, and a forked child finds its own memory.</remarks>
internal sealed unsafe class ProcessMemory : IUserMemory
{
    private const int NotPermitted = 1, NotImplemented = 38;

    // The number of this process: a page that is zero again in a child.
    private static readonly int* s_process = NewPage();

    private static bool s_isDenied;

    /// <summary>The one.</summary>
    public static ProcessMemory Instance { get; } = new();

    /// <summary>The number of this process, without a system call.</summary>
    // SAFETY: the page is never unmapped.
    public static int Process => *s_process != 0 ? *s_process : *s_process = LibC.ProcessId();

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        if (into.IsEmpty)
            return true;
        // SAFETY: the span stays where it is meanwhile; the address is looked at by the system.
        fixed (byte* bytes = into)
        {
            LibC.Piece here = new() { Start = bytes, Bytes = (nuint)into.Length }, there = here with { Start = (void*)address };
            if (!s_isDenied && LibC.ReadMemory(Process, &here, 1, &there, 1, 0) is var read && !IsDenied(read))
                return read == into.Length;
            return PipedMemory.TryRead((void*)address, bytes, into.Length);
        }
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        if (from.IsEmpty)
            return true;
        // SAFETY: as above.
        fixed (byte* bytes = from)
        {
            LibC.Piece here = new() { Start = bytes, Bytes = (nuint)from.Length }, there = here with { Start = (void*)address };
            if (!s_isDenied && LibC.WriteMemory(Process, &here, 1, &there, 1, 0) is var written && !IsDenied(written))
                return written == from.Length;
            return PipedMemory.TryWrite((void*)address, bytes, from.Length);
        }
    }

    /// <summary>Some sandboxes do not let a process read even its own memory this way.</summary>
    private static bool IsDenied(nint result) =>
        result < 0 && Marshal.GetLastPInvokeError() is NotPermitted or NotImplemented && (s_isDenied = true);

    private static int* NewPage()
    {
        nint page = LibC.Map(0, 4096, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);
        if (page == -1 || LibC.Advise(page, 4096, LibC.WipeOnFork) != 0)
            throw new InsufficientMemoryException("no page that a forked child does not inherit");
        return (int*)page;
    }
}
