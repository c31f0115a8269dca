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
    private const ulong PageMask = XeLimits.PageSize - 1;

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

    /// <summary>Memory that userptrs may have pinned is gone.</summary>
    public void Unmap(AddressRange range)
    {
        foreach (Piece piece in _declared.Where(piece => range.Overlaps(piece.Range)).ToArray())
        {
            if (range.Contains(piece.Range))
                Forget(piece);
            var gone = new AddressRange(Math.Max(range.Start, piece.Range.Start), Math.Min(range.End, piece.Range.End));
            WriteEvent("cpu_invalidate", gone.Start, json => json.WriteString("size", RecordWriter.Hex(gone.Size)));
        }
    }

    /// <summary>A page that ioctls can reach; from the first one on, only what is declared is there.</summary>
    public void DeclareUserPage(ulong address)
    {
        if (_userPages.Add(address & ~PageMask))
            WriteEvent("user_memory", address & ~PageMask, json => json.WriteString("size", RecordWriter.Hex(XeLimits.PageSize)));
    }

    private Piece? First(AddressRange range) =>
        _declared.Where(piece => range.Overlaps(piece.Range)).MinBy(piece => piece.Range.Start);

    /// <summary>Declares a part of a piece as what it was not; the rest stays what it was.</summary>
    private void Redeclare(Piece piece, ulong start, ulong end)
    {
        Forget(piece);
        if (piece.Range.Start < start)
            Declare(piece.Part(piece.Range.Start, start));
        Declare(piece.Part(start, end) with { IsReadOnly = !piece.IsReadOnly });
        if (end < piece.Range.End)
            Declare(piece.Part(end, piece.Range.End));
    }

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
