using System.Runtime.InteropServices;
using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>The block of memory that processes share, and their accounts in it.</summary>
internal sealed unsafe class VramBlock : IDisposable
{
    private readonly void* _memory = NativeMemory.AlignedAlloc((nuint)SharedVram.LeastBytes, VramSlot.Bytes);

    public VramBlock() => new Span<byte>(_memory, (int)SharedVram.LeastBytes).Clear();

    /// <summary>The account as a process has it.</summary>
    public SharedVram Of(ProcessIdentity process) => Of(() => process);

    public SharedVram Of(Func<ProcessIdentity> self) => new(_memory, SharedVram.LeastBytes, self);

    /// <summary>Every byte of it.</summary>
    public byte[] Bytes => new Span<byte>(_memory, (int)SharedVram.LeastBytes).ToArray();

    /// <summary>The slots themselves.</summary>
    public VramSlots Slots => new(_memory, SharedVram.LeastBytes);

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
