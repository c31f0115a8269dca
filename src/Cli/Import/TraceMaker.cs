using System.Text.Json;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Turns the calls of one client into a trace that replays them.</summary>
internal sealed class TraceMaker(PlatformInfo platform)
{
    private const ulong PageMask = XeLimits.PageSize - 1;

    private readonly RecordWriter _records = new();
    private readonly List<string> _lines = [];
    private readonly List<AddressRange> _declared = [];
    private readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _userPages = [];

    // Pages of system memory that stand for those of the client's, from 4 GiB on.
    private ulong _nextFrame = 1UL << 32;
    private bool _hasExtensions;

    /// <summary>Calls that no record stands for, with how many there were.</summary>
    public IReadOnlyDictionary<string, int> LeftOut => _leftOut;

    /// <summary>Records written.</summary>
    public int Records { get; private set; }

    /// <summary>The trace, line by line.</summary>
    public IReadOnlyList<string> Make(IReadOnlyList<RecordedCall> calls)
    {
        _hasExtensions = calls.Any(HasExtensions);
        _lines.Add(RecordWriter.Json(json =>
        {
            json.WriteNumber("xetrace", 1);
            json.WriteString("platform", platform.Name);
            json.WriteString("comment", "imported from a log of calls");
        }));
        foreach (RecordedCall call in calls)
            Add(call);
        return _lines;
    }

    private void Add(RecordedCall call)
    {
        if (!call.Unmapped.IsEmpty)
            Unmap(call.Unmapped);
        else if (!CallForm.All.TryGetValue(call.Request, out CallForm? form))
            LeaveOut($"request 0x{call.Request:x}");
        else if (call.Errno is (int)Errno.EINTR or (int)Errno.EAGAIN)
            LeaveOut($"{form.Name} that was to be repeated");
        else if (call.Request != XeIoctl.DeviceQuery || UapiBytes.Number(form.Struct, "size", call.In) == 0)
            Add(form, call);
    }

    private void Add(CallForm form, RecordedCall call)
    {
        foreach (ArrayForm array in form.Arrays)
        {
            if (array.Struct is not { } type || RecordWriter.ArrayBytes(form, array, call, out ulong count) is not { } bytes)
                continue;
            int size = UapiBytes.Layout(type).Size;
            for (int i = 0; i < (int)count; i++)
                DeclareMemory(type, bytes.AsSpan(i * size, size));
        }

        if (_hasExtensions && call.Request == XeIoctl.WaitUserFence)
            DeclareUserPage(UapiBytes.Number(form.Struct, "addr", call.In));
        if (HasExtensions(call))
            DeclareExtensions(call);
        _lines.Add(_records.Write(form, call));
        Records++;
    }

    /// <summary>What an element refers to in the client's memory has to be there.</summary>
    private void DeclareMemory(string type, ReadOnlySpan<byte> element)
    {
        if (type == "drm_xe_vm_bind_op" && RecordWriter.IsUserptr(element))
            DeclarePages(UapiBytes.Number(type, "userptr", element), UapiBytes.Number(type, "range", element));
        else if (_hasExtensions && type == "drm_xe_sync" && RecordWriter.IsUserFence(element))
            DeclareUserPage(UapiBytes.Number(type, "addr", element));
    }

    /// <summary>CPU memory of a userptr, as far as it has not been declared.</summary>
    private void DeclarePages(ulong start, ulong size)
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
            WriteEvent("cpu_map", gap.Start, json =>
            {
                json.WriteStartArray("runs");
                json.WriteStartArray();
                json.WriteStringValue(RecordWriter.Hex(_nextFrame));
                json.WriteStringValue(RecordWriter.Hex(gap.Size));
                json.WriteEndArray();
                json.WriteEndArray();
            });
            _nextFrame += gap.Size;
            at = gap.End;
        }
    }

    /// <summary>Memory that userptrs may have pinned is gone.</summary>
    private void Unmap(AddressRange range)
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

    private void DeclareExtensions(RecordedCall call)
    {
        ulong next = UapiBytes.Number(call.In.AsSpan(0, 8));
        for (int i = 0; next != 0 && i < 32 && call.Memory.TryGetValue(next, out byte[]? extension); i++)
        {
            _userPages.Add(next & ~PageMask);
            WriteEvent("user_memory", next, json => json.WriteString("bytes", Convert.ToHexStringLower(extension)));
            next = UapiBytes.Number(extension.AsSpan(0, 8));
        }
    }

    // From the first declared memory on, only what is declared is there.
    private void DeclareUserPage(ulong address)
    {
        if (_userPages.Add(address & ~PageMask))
            WriteEvent("user_memory", address & ~PageMask, json => json.WriteString("size", RecordWriter.Hex(XeLimits.PageSize)));
    }

    private void WriteEvent(string name, ulong address, Action<Utf8JsonWriter> write) => _lines.Add(RecordWriter.Json(json =>
    {
        json.WriteString("event", name);
        json.WriteString("addr", RecordWriter.Hex(address));
        write(json);
    }));

    private void LeaveOut(string what) => _leftOut[what] = _leftOut.GetValueOrDefault(what) + 1;

    private static bool HasExtensions(RecordedCall call) =>
        call.Request is XeIoctl.GemCreate or XeIoctl.ExecQueueCreate && UapiBytes.Number(call.In.AsSpan(0, 8)) != 0;
}
