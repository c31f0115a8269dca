using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>The memory that a client of a trace needs, declared as its calls come to it.</summary>
/// <param name="client">Name of the client; null for the first.</param>
/// <param name="write">Takes the events.</param>
/// <param name="takeFrames">Gives pages of system memory, by bytes.</param>
internal sealed class ClientMemory(string? client, Action<string> write, Func<ulong, ulong> takeFrames)
{
    private const ulong PageMask = XeLimits.PageSize - 1;

    private readonly List<AddressRange> _declared = [];
    private readonly HashSet<ulong> _userPages = [];

    /// <summary>CPU memory of a userptr, as far as it has not been declared.</summary>
    public void DeclarePages(ulong start, ulong size)
    {
        if (size == 0 || size > ulong.MaxValue - start - PageMask)
            return;
        ulong end = (start + size + PageMask) & ~PageMask;
        for (ulong at = start & ~PageMask; at < end;)
        {
            AddressRange there = _declared.Where(new AddressRange(at, end).Overlaps).OrderBy(range => range.Start).FirstOrDefault();
            if (!there.IsEmpty && there.Start <= at)
            {
                at = there.End;
                continue;
            }

            var gap = new AddressRange(at, there.IsEmpty ? end : there.Start);
            _declared.Add(gap);
            ulong frame = takeFrames(gap.Size);
            WriteEvent("cpu_map", gap.Start, json =>
            {
                json.WriteStartArray("runs");
                json.WriteStartArray();
                json.WriteStringValue(RecordWriter.Hex(frame));
                json.WriteStringValue(RecordWriter.Hex(gap.Size));
                json.WriteEndArray();
                json.WriteEndArray();
            });
            at = gap.End;
        }
    }

    /// <summary>Memory that userptrs may have pinned is gone.</summary>
    public void Unmap(AddressRange range)
    {
        foreach (AddressRange declared in _declared.Where(range.Overlaps).ToArray())
        {
            if (range.Contains(declared))
            {
                _declared.Remove(declared);
                WriteEvent("cpu_unmap", declared.Start, _ => { });
            }

            var gone = new AddressRange(Math.Max(range.Start, declared.Start), Math.Min(range.End, declared.End));
            WriteEvent("cpu_invalidate", gone.Start, json => json.WriteString("size", RecordWriter.Hex(gone.Size)));
        }
    }

    /// <summary>A page that ioctls can reach; from the first one on, only what is declared is there.</summary>
    public void DeclareUserPage(ulong address)
    {
        if (_userPages.Add(address & ~PageMask))
            WriteEvent("user_memory", address & ~PageMask, json => json.WriteString("size", RecordWriter.Hex(XeLimits.PageSize)));
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
