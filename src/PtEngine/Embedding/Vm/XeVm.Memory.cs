using System.Runtime.InteropServices;
using XePt.Accesses;

namespace XePt;

// Memory as a GPU of this VM sees it: every page by the tables of the moment, the bytes where the entry leads. Any thread, while binds and
// changes of memory go on; nothing here allocates. What is not there in a fault-mode VM is a page fault, which goes the way of all.
public sealed partial class XeVm
{
    // Atomic accesses move no bytes through it: it only has their length.
    private static readonly byte[] Words = new byte[sizeof(ulong)];

    /// <summary>
    /// An access of the GPU, across any page borders: each page is looked up in the tables and then its bytes are moved, as one step for
    /// whoever takes the page away. In fault mode what the entry does not allow is a page fault (<see cref="XeDevice.RaiseFault(in
    /// GpuFault)"/>), and the access goes on after its answer, with a bounded number of tries.
    /// </summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="kind">Read or write; <see cref="Atomic"/> is for atomic ones.</param>
    /// <param name="bytes">Receives what is read, or is what is written.</param>
    /// <param name="gt">GT that accesses: its tile's tables and view of memory are taken, its statistics count faults.</param>
    /// <returns>Done, or what was in the way; what lies before it is read or written.</returns>
    /// <remarks>
    /// <para>Concurrency: to invalidations an access is a TLB of its GT. Whoever changes the memory (a munmap of the process, a migration,
    /// an eviction, an unbind) has its change delayed until no access is in the middle of a page that it found before; once it is over no
    /// byte of an access goes to the old page.</para>
    /// <para>With the queued drive the calling thread pumps while it waits, as any number of others may; with the inline drive it does what
    /// it finds ready. What waits for a fence that nobody here can signal is <see cref="GpuAccessStatus.Pending"/>. Not from inside a VM
    /// (<see cref="VisitTables"/>) or a fault sink, where page faults are never answered. Nothing is allocated in a steady
    /// state.</para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such GT, or the access is atomic.</exception>
    public GpuAccess Access(ulong va, GpuAccessKind kind, Span<byte> bytes, int gt = 0)
    {
        CheckKind(kind);
        return Run(new AccessRun(Context, CheckGt(gt), va, kind, bytes.Length), bytes);
    }

    /// <summary>An atomic access of the GPU; otherwise as <see cref="Access"/>. The entry must be writable and, where the platform has the
    /// bit, enable atomics (FLT-055, FLT-056).</summary>
    /// <param name="va">GPU address, aligned to the size of the word.</param>
    /// <param name="atomic">What to do with the word.</param>
    /// <param name="old">What was there; 0 in NULL and scratch pages, and after a failure.</param>
    /// <param name="gt">GT that accesses.</param>
    /// <returns>As there.</returns>
    /// <exception cref="ArgumentException">The address is not aligned, or the operation is the default value.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such GT.</exception>
    public GpuAccess Atomic(ulong va, GpuAtomic atomic, out ulong old, int gt = 0)
    {
        CheckWord(va, atomic);
        var run = new AccessRun(Context, CheckGt(gt), va, GpuAccessKind.Atomic, atomic.Size, atomic);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        GpuAccess access = File.Device.Accesses.Run(ref run, word[..atomic.Size]);
        old = run.Old;
        return access;
    }

    /// <summary>Begins an access that waits for page faults without a thread: what can be done now is done, and it goes on where they are
    /// answered.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="kind">Read or write.</param>
    /// <param name="bytes">Receives what is read, or is what is written; it must stay as it is until the access is over.</param>
    /// <param name="gt">GT that accesses.</param>
    /// <returns>The access; dispose it in the end.</returns>
    /// <remarks>Any thread, also inside a fault sink. With the queued drive somebody pumps. It is never
    /// <see cref="GpuAccessStatus.Pending"/>, except where the mapping is bound by work in flight that its fault does not wait
    /// for.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Access"/>.</exception>
    public PendingAccess BeginAccess(ulong va, GpuAccessKind kind, Memory<byte> bytes, int gt = 0)
    {
        CheckKind(kind);
        return PendingAccess.Begin(File.Device.Accesses, new AccessRun(Context, CheckGt(gt), va, kind, bytes.Length), bytes);
    }

    /// <summary>Begins an atomic access, as <see cref="BeginAccess"/> does others; <see cref="PendingAccess.OldValue"/> is what it has
    /// found.</summary>
    /// <param name="va">GPU address, aligned to the size of the word.</param>
    /// <param name="atomic">What to do with the word.</param>
    /// <param name="gt">GT that accesses.</param>
    /// <returns>As there.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Atomic"/>.</exception>
    public PendingAccess BeginAtomic(ulong va, GpuAtomic atomic, int gt = 0)
    {
        CheckWord(va, atomic);
        var run = new AccessRun(Context, CheckGt(gt), va, GpuAccessKind.Atomic, atomic.Size, atomic);
        return PendingAccess.Begin(File.Device.Accesses, run, Words.AsMemory(0, atomic.Size));
    }

    /// <summary>Reads bytes at a GPU address: an access of the tile's first GT (<see cref="Access"/>). NULL and scratch pages give
    /// zero.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>Done, or what was in the way; <paramref name="into"/> then has the bytes up to there.</returns>
    public GpuAccess Read(ulong va, Span<byte> into, int tile = 0) => Access(va, GpuAccessKind.Read, into, GtOf(tile));

    /// <summary>Writes bytes at a GPU address: an access of the tile's first GT (<see cref="Access"/>). What goes to NULL and scratch pages
    /// vanishes.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="from">The bytes.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>Done, or what was in the way; the bytes up to there are written.</returns>
    public GpuAccess Write(ulong va, ReadOnlySpan<byte> from, int tile = 0) =>
        Run(new AccessRun(Context, GtOf(tile), va, GpuAccessKind.Write, from.Length), Unchanged(from));

    /// <summary>Reads a value at a GPU address; its bytes are in little-endian order, as they are in the host.</summary>
    /// <exception cref="GpuAccessException">A page was in the way.</exception>
    public T Read<T>(ulong va, int tile = 0)
        where T : unmanaged
    {
        GpuAccess access = TryReadValue(va, out T value, tile);
        return access.IsDone ? value : throw new GpuAccessException(access);
    }

    /// <summary>Reads a value at a GPU address; false when a page was in the way, see <see cref="Read(ulong, Span{byte}, int)"/>.</summary>
    public bool TryRead<T>(ulong va, out T value, int tile = 0)
        where T : unmanaged => TryReadValue(va, out value, tile).IsDone;

    /// <summary>Writes a value at a GPU address.</summary>
    /// <exception cref="GpuAccessException">A page was in the way; the bytes up to there are written.</exception>
    public void Write<T>(ulong va, T value, int tile = 0)
        where T : unmanaged
    {
        GpuAccess access = Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), tile);
        if (!access.IsDone)
            throw new GpuAccessException(access);
    }

    /// <summary>Writes a value at a GPU address; false when a page was in the way, see
    /// <see cref="Write(ulong, ReadOnlySpan{byte}, int)"/>.</summary>
    public bool TryWrite<T>(ulong va, T value, int tile = 0)
        where T : unmanaged => Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), tile).IsDone;

    /// <summary>The bytes themselves that are mapped from a GPU address on: as many as one leaf maps and the store keeps
    /// together.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="bytes">The bytes; none after a failure.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>False when nothing is mapped there, only NULL or scratch pages, or what the store cannot give.</returns>
    public bool TryGetSpan(ulong va, out ReadOnlySpan<byte> bytes, int tile = 0)
    {
        bool isThere = TryGetBytes(va, isWrite: false, out Span<byte> found, tile);
        bytes = found;
        return isThere;
    }

    /// <summary>As <see cref="TryGetSpan"/>, for writing: false also when the mapping is read-only.</summary>
    public bool TryGetWritableSpan(ulong va, out Span<byte> bytes, int tile = 0) => TryGetBytes(va, isWrite: true, out bytes, tile);

    private GpuAccess TryReadValue<T>(ulong va, out T value, int tile)
        where T : unmanaged
    {
        value = default;
        return Read(va, MemoryMarshal.AsBytes(new Span<T>(ref value)), tile);
    }

    private bool TryGetBytes(ulong va, bool isWrite, out Span<byte> bytes, int tile)
    {
        GpuAccessKind kind = isWrite ? GpuAccessKind.Write : GpuAccessKind.Read;
        Span<byte> nothing = stackalloc byte[1];
        GpuAccess access = Run(new AccessRun(Context, GtOf(tile), va, kind, nothing.Length) { IsLook = true }, nothing);
        bytes = access.Status == GpuAccessStatus.Done && File.Device.Options.GpuStore is { } store ? store.GetSpan(access.Last) : default;
        ulong left = BytesLeft(access.Last);
        if ((ulong)bytes.Length > left)
            bytes = bytes[..(int)left];
        return !bytes.IsEmpty;
    }

    internal AccessRun RunOf(in GpuAccessRequest request) =>
        new(Context, request.Gt, request.Va, request.Kind, request.Size, request.Atomic);

    private GpuAccess Run(AccessRun run, Span<byte> bytes) => File.Device.Accesses.Run(ref run, bytes);

    private static void CheckKind(GpuAccessKind kind)
    {
        if (kind is not (GpuAccessKind.Read or GpuAccessKind.Write))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "only read and write have bytes");
    }

    private static void CheckWord(ulong va, GpuAtomic atomic)
    {
        if (atomic.Size == 0 || (va & ((ulong)atomic.Size - 1)) != 0)
            throw new ArgumentException($"no word of {atomic.Size} bytes is at 0x{va:x}", nameof(va));
    }

    /// <summary>Refuses a request of a batch that has no meaning.</summary>
    internal void Check(in GpuAccessRequest request)
    {
        CheckGt(request.Gt);
        if (request.Kind != GpuAccessKind.Atomic)
            CheckKind(request.Kind);
        else
            CheckWord(request.Va, request.Atomic);
    }

    private int CheckGt(int gt) => (uint)gt < 32 && (File.Device.Tlb.GtMask >> gt & 1) != 0
        ? gt : throw new ArgumentOutOfRangeException(nameof(gt), gt, "the device has no such GT");

    private int GtOf(int tile)
    {
        _ = TablesOf(tile);
        return tile * Context.Facts.Platform.GtSlotsPerTile;
    }

    /// <summary>Bytes from the address of a translation to the end of its page, or of its large leaf.</summary>
    private static ulong BytesLeft(in Translation where) =>
        where.PageSize == 0 ? 0 : where.PageSize - (where.Va & (where.PageSize - 1));

    // SAFETY: the same bytes, which a write does not change.
    private static Span<byte> Unchanged(ReadOnlySpan<byte> bytes) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(bytes), bytes.Length);
}
