using System.Runtime.InteropServices;
using XePt.Native;

namespace XePt.Schedules.Protocols;

/// <summary>The block of memory that processes share, and their accounts in it.</summary>
internal sealed unsafe class VramWorld : IDisposable
{
    private const int Slots = 4, LineBytes = 64;

    private readonly void* _block = NativeMemory.AlignedAlloc((Slots + 1) * LineBytes, LineBytes);

    public VramWorld() => NativeMemory.Clear(_block, (Slots + 1) * LineBytes);

    /// <summary>The account as a process has it.</summary>
    public SharedVram Of(ProcessIdentity process) => new(_block, (Slots + 1) * LineBytes, () => process);

    // SAFETY: the block is this object's alone, and its threads are done.
    public void Dispose() => NativeMemory.AlignedFree(_block);
}
