using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>What a client may do with pages.</summary>
internal enum MemoryUse
{
    /// <summary>Read them at least.</summary>
    Any,

    /// <summary>Only read them.</summary>
    Read,

    /// <summary>Also write them.</summary>
    Write,
}

/// <summary>The memory that a client of a trace needs, declared as its calls come to it.</summary>
/// <param name="client">Name of the client; null for the first.</param>
/// <param name="write">Takes the events.</param>
/// <param name="takeFrames">Gives pages of system memory, by bytes.</param>
internal sealed class ClientMemory(string? client, Action<string> write, Func<ulong, ulong> takeFrames)
{
    private const ulong PageMask = XeLimits.PageSize - 1, UserEnd = 1UL << 63;

    private readonly List<Piece> _declared = [];
    private readonly HashSet<ulong> _userPages = [];

    /// <summary>Declared memory, as one event declares it.</summary>
    private sealed record Piece(AddressRange Range, ulong Frame, bool IsReadOnly)
    {
        /// <summary>A part of it.</summary>
        public Piece Part(ulong start, ulong end) => this with { Range = new(start, end), Frame = Frame + (start - Range.Start) };
    }

    /// <summary>Declares the CPU memory of a userptr, as far as it has not been declared; and declares anew what the client may now do
    /// something else with, on the same pages.</summary>
    public void DeclarePages(ulong start, ulong size, MemoryUse access)
    {
        if (size == 0 || size > ulong.MaxValue - start - PageMask)
            return;
        ulong end = (start + size + PageMask) & ~PageMask;
        for (ulong at = start & ~PageMask; at < end;)
        {
            Piece? there = First(new AddressRange(at, end));
            if (there is null || there.Range.Start > at)
            {
                var gap = new AddressRange(at, there?.Range.Start ?? end);
                Declare(new Piece(gap, takeFrames(gap.Size), access == MemoryUse.Read));
                at = gap.End;
                continue;
            }

            ulong last = Math.Min(there.Range.End, end);
            if (access != MemoryUse.Any && there.IsReadOnly != (access == MemoryUse.Read))
                Redeclare(there, at, last);
            at = last;
        }
    }

    /// <summary>The client is known to be able to write all of it.</summary>
    public bool IsWritable(ulong start, ulong size)
    {
        ulong at = start;
        while (at - start < size && First(new AddressRange(at, at + 1)) is { IsReadOnly: false } piece)
            at = piece.Range.End;
        return at - start >= size;
    }

    /// <summary>Memory that userptrs may have pinned has changed.</summary>
    public void Apply(MemoryChange change)
    {
        switch (change.Kind)
        {
            case MemoryChangeKind.Unmap:
                Change(change.Range, _ => null);
                break;
            case MemoryChangeKind.Protect:
                Change(change.Range, piece => Allow(piece, change.Access));
                break;
            case MemoryChangeKind.Discard:
                Change(change.Range, OnOtherPages);
                break;
            case MemoryChangeKind.Replace:
                Change(change.Range, piece => Allow(OnOtherPages(piece), change.Access));
                break;
            case MemoryChangeKind.Move:
                Move(change.Range, change.To, change.Stays);
                break;
        }
    }

    /// <summary>The process has made a child: whoever writes next gets pages of his own, so that userptrs look again.</summary>
    public void Fork()
    {
        foreach (Piece piece in _declared.ToArray())
            WriteInvalidation(piece.Range);
    }

    /// <summary>A page that ioctls can reach, if it is a program's at all; from the first one on, only what is declared is there.</summary>
    public void DeclareUserPage(ulong address)
    {
        if (address < UserEnd && _userPages.Add(address & ~PageMask))
            WriteEvent("user_memory", address & ~PageMask, json => json.WriteString("size", RecordWriter.Hex(XeLimits.PageSize)));
    }

    private Piece? First(AddressRange range) =>
        _declared.Where(piece => range.Overlaps(piece.Range)).MinBy(piece => piece.Range.Start);

    /// <summary>Declares a part of a piece as what it was not; the rest stays what it was.</summary>
    private void Redeclare(Piece piece, ulong start, ulong end) =>
        Cut(piece, new AddressRange(start, end), part => part with { IsReadOnly = !part.IsReadOnly });

    /// <summary>Puts something else, or nothing, in the place of a part of a piece.</summary>
    private void Cut(Piece piece, AddressRange range, Func<Piece, Piece?> made)
    {
        (ulong start, ulong end) = (Math.Max(range.Start, piece.Range.Start), Math.Min(range.End, piece.Range.End));
        Forget(piece);
        if (piece.Range.Start < start)
            Declare(piece.Part(piece.Range.Start, start));
        if (made(piece.Part(start, end)) is { } other)
            Declare(other);
        if (end < piece.Range.End)
            Declare(piece.Part(end, piece.Range.End));
    }

    /// <summary>Changes what is declared of an interval, and says so.</summary>
    private void Change(AddressRange range, Func<Piece, Piece?> made)
    {
        foreach (Piece piece in _declared.Where(piece => range.Overlaps(piece.Range)).ToArray())
        {
            Cut(piece, range, made);
            WriteInvalidation(new AddressRange(Math.Max(range.Start, piece.Range.Start), Math.Min(range.End, piece.Range.End)));
        }
    }

    private void Move(AddressRange from, ulong to, bool stays)
    {
        List<Piece> moved = [];
        Change(new AddressRange(to, to + from.Size), _ => null);
        Change(from, piece =>
        {
            moved.Add(piece with { Range = AddressRange.OfSize(to + (piece.Range.Start - from.Start), piece.Range.Size) });
            return stays ? OnOtherPages(piece) : null;
        });
        moved.ForEach(Declare);
    }

    private Piece OnOtherPages(Piece piece) => piece with { Frame = takeFrames(piece.Range.Size) };

    private static Piece? Allow(Piece piece, MemoryAccess access) =>
        access == MemoryAccess.None ? null : piece with { IsReadOnly = access == MemoryAccess.Read };

    private void WriteInvalidation(AddressRange range) =>
        WriteEvent("cpu_invalidate", range.Start, json => json.WriteString("size", RecordWriter.Hex(range.Size)));

    private void Forget(Piece piece)
    {
        _declared.Remove(piece);
        WriteEvent("cpu_unmap", piece.Range.Start, _ => { });
    }

    private void Declare(Piece piece)
    {
        _declared.Add(piece);
        WriteEvent("cpu_map", piece.Range.Start, json =>
        {
            json.WriteStartArray("runs");
            json.WriteStartArray();
            json.WriteStringValue(RecordWriter.Hex(piece.Frame));
            json.WriteStringValue(RecordWriter.Hex(piece.Range.Size));
            json.WriteEndArray();
            json.WriteEndArray();
            if (piece.IsReadOnly)
                json.WriteBoolean("read_only", true);
        });
    }

    private void WriteEvent(string name, ulong address, Action<Utf8JsonWriter> fields) => write(RecordWriter.Json(json =>
    {
        json.WriteString("event", name);
        if (client is not null)
            json.WriteString("client", client);
        json.WriteString("addr", RecordWriter.Hex(address));
        fields(json);
    }));
}
