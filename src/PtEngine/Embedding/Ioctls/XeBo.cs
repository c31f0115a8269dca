using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>A buffer object as a client sees it. Once its handle is closed and its last mapping is gone it has no memory any more. Any
/// thread; each property shows a state of its own, for the BO may move between two looks.</summary>
public sealed class XeBo
{
    internal XeBo(XeFile file, uint handle, BufferObject bo) => (File, Handle, Object) = (file, handle, bo);

    /// <summary>The client.</summary>
    public XeFile File { get; }

    /// <summary>GEM handle inside its file.</summary>
    public uint Handle { get; }

    /// <summary>Device-wide number, from 1; VMAs name BOs by it.</summary>
    public int Number => Object.Slot;

    /// <summary>Size in bytes.</summary>
    public ulong Size => Object.Size;

    /// <summary>Mask of the memory regions it may live in.</summary>
    public uint Placements => Object.Placements;

    /// <summary>Region it lives in now, or null while its backing is deferred.</summary>
    public int? Region => Object.Place?.Region;

    /// <summary>It had to leave device memory for others, or because the embedder asked, and comes back when it is validated and there is
    /// room.</summary>
    public bool IsEvicted => Object.IsEvicted;

    /// <summary>It stays where it is; see <see cref="XeFile.PinBo"/>.</summary>
    public bool IsPinned => Object.IsPinned;

    /// <summary>How atomics are to work on it, as MADVISE has said last (MADV-042).</summary>
    public AtomicAccess Atomic => Object.Atomic;

    /// <summary>How often MADVISE has taken away the CPU's mappings of it, so that the next access of the CPU finds it in system memory
    /// (MADV-042, EVT-013).</summary>
    public long CpuMappingZaps => Object.CpuZaps;

    /// <summary>Its contents, where the device's store keeps them apart from the memory that it is in (<see cref="IBoStore"/>); null while
    /// it has no memory, and with other stores.</summary>
    public IBoContents? Contents => Object.Contents;

    internal BufferObject Object { get; }

    /// <summary>For example <c>bo 1: 0x200000 bytes in region 1</c>.</summary>
    public override string ToString() =>
        $"bo {Handle}: 0x{Size:x} bytes {(Region is { } region ? $"in region {region}" : "without memory")}";

    /// <summary>The physical pieces behind it, in order, one chunk each; addresses are relative to the region. Empty while
    /// deferred.</summary>
    public IReadOnlyList<PhysicalRun> Segments => PhysicalRun.Of(File.Device.Memory.PiecesOf(Object));
}
