using System.Text.Json;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Turns the calls of a log into a trace that replays them: its clients, the devices that they opened, and what they
/// share.</summary>
/// <param name="platforms">The platform of a device, by the path that a client opened.</param>
/// <param name="only">The open file whose calls are wanted; null for all.</param>
internal sealed class TraceMaker(Func<string, PlatformInfo> platforms, string? only = null)
{
    private const string BindOp = "drm_xe_vm_bind_op", QueryStruct = "drm_xe_device_query";

    private readonly List<string> _lines = [];
    private readonly Dictionary<string, Client> _clients = [];
    private readonly Dictionary<string, string?> _devices = [];
    private readonly Descriptors _descriptors = new();
    private readonly HashSet<(string File, ulong Query)> _queries = [];
    private readonly HashSet<(string File, ulong Queue)> _stopped = [];
    private readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);

    // Pages of system memory that stand for those of the clients', from 4 GiB on.
    private ulong _nextFrame = 1UL << 32;
    private bool _needsMemory;
    private IReadOnlySet<string> _privileged = new HashSet<string>();
    private Dictionary<(string File, ulong Query), RecordedCall> _answered = [];

    /// <summary>An open file of the log.</summary>
    private sealed record Client(string? Name, ClientMemory Memory)
    {
        public RecordWriter Records { get; } = new();

        public MirrorRanges Mirrors { get; } = new();

        /// <summary>The process whose memory it uses: that of its first call, until it is closed.</summary>
        public string? Owner { get; set; }
    }

    /// <summary>Calls that no record stands for, with how many there were.</summary>
    public IReadOnlyDictionary<string, int> LeftOut => _leftOut;

    /// <summary>Records of ioctls that were written.</summary>
    public int Records { get; private set; }

    /// <summary>Clients that there are.</summary>
    public int Clients => _clients.Count;

    /// <summary>Which device a path leads to: card0 and renderD128 are of the same.</summary>
    public static string DeviceOf(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.StartsWith("card", StringComparison.Ordinal) && int.TryParse(name.AsSpan(4), out int number)
            ? $"renderD{128 + number}" : name;
    }

    /// <summary>The devices are those of a debug build of the driver.</summary>
    public bool IsDebugBuild { get; init; }

    /// <summary>What a trace begins with.</summary>
    public string Header(PlatformInfo platform, bool isPrivileged = false) => RecordWriter.Json(json =>
    {
        json.WriteNumber("xetrace", 1);
        json.WriteString("platform", platform.Name);
        WriteOptions(json);
        if (isPrivileged)
            json.WriteBoolean("privileged", true);
        json.WriteString("comment", "imported from a log of calls");
    });

    /// <summary>The trace, line by line.</summary>
    public IReadOnlyList<string> Make(IReadOnlyList<RecordedCall> calls)
    {
        // What cannot be read must not be there, and then what can be must be.
        _needsMemory = calls.Any(call => call.Request != 0 && HasLostExtensions(call));
        _privileged = Privileges.Find(calls);
        _answered = FindAnswered(calls);
        foreach (RecordedCall call in calls)
            Add(call);
        return _lines;
    }

    private void Add(RecordedCall call)
    {
        switch (call.Kind)
        {
            case RecordedKind.Memory when call.Change is { } change:
                foreach (Client client in ClientsOf(call.Process))
                    client.Memory.Apply(change);
                break;
            case RecordedKind.Open when call.File is { } file:
                _descriptors.SetFile(call.Process, call.Descriptor, file);
                break;
            case RecordedKind.Close:
                Drop(_descriptors.Close(call.Process, call.Descriptor));
                break;
            case RecordedKind.Dup when int.TryParse(call.Made, out int made):
                Drop(_descriptors.Dup(call.Process, call.Descriptor, made));
                break;
            case RecordedKind.Fork:
                _descriptors.Fork(call.Process, call.Made);
                foreach (Client client in ClientsOf(call.Process))
                    client.Memory.Fork();
                break;
            case RecordedKind.Exit:
                foreach (Descriptors.Thing gone in _descriptors.Exit(call.Process))
                    Drop(gone);
                break;
            // The system has refused it: no device has heard of it.
            case RecordedKind.Ioctl when call is { Errno: (int)Errno.EBADF, Path.Length: 0 }:
                LeaveOut($"request 0x{call.Request:x} of a descriptor that was not open");
                break;
            case RecordedKind.Ioctl:
                _descriptors.SetFile(call.Process, call.Descriptor, call.File!);
                if (only is null || call.File == only)
                    AddIoctl(AsRead(call));
                break;
        }
    }

    private void AddIoctl(RecordedCall call)
    {
        if (CallForm.Find(call.Request) is not { } form)
            LeaveOut($"request 0x{call.Request:x}");
        else if (call.Errno is (int)Errno.EINTR or (int)Errno.EAGAIN)
            LeaveOut($"{form.Name} that was to be repeated");
        else if (form.Request == XeIoctl.DeviceQuery)
            AddQuery(form, call);
        else
            Add(form, call.OfSize(UapiBytes.Layout(form.Struct).Size));
    }

    /// <summary>What the driver has read of the argument: nothing where the request does not say that it goes in.</summary>
    private static RecordedCall AsRead(RecordedCall call)
    {
        const uint goesIn = 1u << 30;
        return (call.Request & goesIn) != 0 ? call : call with { In = new byte[call.In.Length] };
    }

    /// <summary>A record stands for both calls of a query, that which asks for the size and that which takes the data: for the first one,
    /// or for the second where there was no first. One that was given a wrong size is a record with that size, and so is one that asks for
    /// the size where nobody takes the data.</summary>
    private void AddQuery(CallForm form, RecordedCall call)
    {
        call = call.OfSize(UapiBytes.Layout(form.Struct).Size);
        (string, ulong) query = (call.File!, UapiBytes.Number(form.Struct, "query", call.In));
        _answered.TryGetValue(query, out RecordedCall? answered);
        bool isOne = AsksForSize(call) ? answered is null : call.Errno != 0;
        if (call.Errno == 0 && !_queries.Add(query))
            return;
        if (isOne)
            Add(form with { Omits = ["data"] }, call);
        else
            Add(form, answered ?? call);
    }

    private static bool AsksForSize(RecordedCall call) => UapiBytes.Number(QueryStruct, "size", call.In) == 0;

    /// <summary>For each query of each file the first call that has taken its data.</summary>
    private static Dictionary<(string File, ulong Query), RecordedCall> FindAnswered(IReadOnlyList<RecordedCall> calls) => calls
        .Where(call => call is { Kind: RecordedKind.Ioctl, Errno: 0, File: not null }
            && CallForm.Find(call.Request)?.Request == XeIoctl.DeviceQuery)
        .Select(call => call.OfSize(UapiBytes.Layout(QueryStruct).Size)).Where(call => !AsksForSize(call))
        .DistinctBy(call => (call.File!, UapiBytes.Number(QueryStruct, "query", call.In)))
        .ToDictionary(call => (call.File!, UapiBytes.Number(QueryStruct, "query", call.In)));

    private void Add(CallForm form, RecordedCall call)
    {
        string? descriptor = null;
        if (form.Descriptor == DescriptorUse.Takes)
        {
            descriptor = _descriptors.Find(call.Process, (int)UapiBytes.Number(form.Struct, "fd", call.In))?.Name;
            if (string.IsNullOrEmpty(descriptor))
            {
                LeaveOut($"{form.Name} of a descriptor from elsewhere");
                return;
            }
        }
        else if (form.Descriptor == DescriptorUse.Makes && call.Errno == 0)
        {
            descriptor = _descriptors.Export(call.Process, (int)UapiBytes.Number(form.Struct, "fd", call.Out));
        }

        if (form.Request == XeIoctl.Madvise && NamesOtherFile(call))
        {
            LeaveOut($"{form.Name} that names another file than its own");
            return;
        }

        Client client = ClientOf(call);
        if (form.Request == XeIoctl.VmBind)
        {
            DeclareUserptrs(client, form, call);
            SettleMirrors(client, form, call);
        }

        StopQueue(form, client, call);
        foreach (ArrayForm array in form.Arrays)
        {
            if (array.Struct is not { } type || RecordWriter.ArrayBytes(form, array, call, out ulong count) is not { } bytes)
                continue;
            int size = UapiBytes.Layout(type).Size;
            for (int i = 0; i < (int)count; i++)
                DeclareFence(client, type, bytes.AsSpan(i * size, size));
        }

        if (_needsMemory && form.Request == XeIoctl.WaitUserFence)
            client.Memory.DeclareUserPage(UapiBytes.Number(form.Struct, "addr", call.In));
        // Something has to be declared for the rest not to be there.
        if (HasLostExtensions(call))
            client.Memory.DeclareUserPage(XeLimits.PageSize);
        _lines.Add(client.Records.Write(form, call, client.Name, descriptor));
        Records++;
    }

    /// <summary>The memory of userptrs has to be there, but for those that the driver has not found, or has refused before it looked: a
    /// later call may say that they are not. When it has refused one because the client may only read there, that is the first one that
    /// is to be written and is not known to be writable.</summary>
    private static void DeclareUserptrs(Client client, CallForm form, RecordedCall call)
    {
        bool isUnseen = (Errno)call.Errno is Errno.EFAULT or Errno.EINVAL or Errno.ENOENT;
        if (isUnseen || RecordWriter.ArrayBytes(form, form.Arrays[0], call, out ulong count) is not { } bytes)
            return;
        var userptrs = new List<(ulong Start, ulong Size, bool Writes)>();
        int size = UapiBytes.Layout(BindOp).Size;
        for (int i = 0; i < (int)count; i++)
        {
            ReadOnlySpan<byte> op = bytes.AsSpan(i * size, size);
            bool writes = ((VmBindFlags)UapiBytes.Number(BindOp, "flags", op) & VmBindFlags.ReadOnly) == 0;
            if (RecordWriter.IsUserptr(op))
                userptrs.Add((UapiBytes.Number(BindOp, "userptr", op), UapiBytes.Number(BindOp, "range", op), writes));
        }

        int refused = call.Errno == (int)Errno.EPERM ? FirstReadOnly(client, userptrs) : -1;
        for (int i = 0; i < userptrs.Count; i++)
        {
            (ulong start, ulong bytesThere, bool writes) = userptrs[i];
            client.Memory.DeclarePages(start, bytesThere, i == refused ? MemoryUse.Read : writes ? MemoryUse.Write : MemoryUse.Any);
        }
    }

    /// <summary>What has been writable so far may not be so any more.</summary>
    private static int FirstReadOnly(Client client, List<(ulong Start, ulong Size, bool Writes)> userptrs)
    {
        int unknown = userptrs.FindIndex(userptr => userptr.Writes && !client.Memory.IsWritable(userptr.Start, userptr.Size));
        return unknown >= 0 ? unknown : userptrs.FindIndex(userptr => userptr.Writes);
    }

    /// <summary>A user fence has to be there where not everything is.</summary>
    private void DeclareFence(Client client, string type, ReadOnlySpan<byte> element)
    {
        if (_needsMemory && type == "drm_xe_sync" && RecordWriter.IsUserFence(element))
            client.Memory.DeclareUserPage(UapiBytes.Number(type, "addr", element));
    }

    /// <summary>The client that makes a call; with the first one the trace begins.</summary>
    private Client ClientOf(RecordedCall call)
    {
        if (!_clients.TryGetValue(call.File!, out Client? client))
        {
            string? name = _clients.Count == 0 ? null : $"client{_clients.Count + 1}";
            bool isPrivileged = _privileged.Contains(call.File!);
            string? device = DeviceFor(call.Path, isFirst: name is null, isPrivileged);
            if (name is not null)
                WriteOpen(name, device, isPrivileged);
            client = new Client(name, new ClientMemory(name, _lines.Add, TakeFrames)) { Owner = call.Process };
            _clients.Add(call.File!, client);
        }

        return client;
    }

    private IEnumerable<Client> ClientsOf(string process) => _clients.Values.Where(client => client.Owner == process);

    /// <summary>The name of the device that a path leads to; null for that of the header.</summary>
    private string? DeviceFor(string path, bool isFirst, bool isPrivileged)
    {
        string device = DeviceOf(path);
        if (_devices.TryGetValue(device, out string? known))
            return known;
        string? name = isFirst ? null : device.Length > 0 && char.IsAsciiLetter(device[0]) ? device : $"device{_devices.Count + 1}";
        _devices.Add(device, name);
        _lines.Add(name is null ? Header(platforms(path), isPrivileged) : RecordWriter.Json(json =>
        {
            json.WriteString("event", "device");
            json.WriteString("as", name);
            json.WriteString("platform", platforms(path).Name);
            WriteOptions(json);
        }));
        return name;
    }

    private void WriteOptions(Utf8JsonWriter json)
    {
        if (!IsDebugBuild)
            return;
        json.WriteStartObject("options");
        json.WriteBoolean("debug_build", true);
        json.WriteEndObject();
    }

    private void WriteOpen(string name, string? device, bool isPrivileged) => _lines.Add(RecordWriter.Json(json =>
    {
        json.WriteString("event", "open");
        json.WriteString("as", name);
        if (device is not null)
            json.WriteString("device", device);
        if (isPrivileged)
            json.WriteBoolean("privileged", true);
    }));

    /// <summary>Where a bind was refused because a mirror has ranges there, batches have used it; where a later one was not, they are gone.
    /// A replay without batches is told of both.</summary>
    private void SettleMirrors(Client client, CallForm form, RecordedCall call)
    {
        if (RecordWriter.ArrayBytes(form, form.Arrays[0], call, out ulong count) is not { } bytes)
            return;
        ulong vm = UapiBytes.Number(form.Struct, "vm_id", call.In);
        int size = UapiBytes.Layout(BindOp).Size;
        for (int i = 0; i < (int)count; i++)
        {
            foreach ((AddressRange range, bool isBound) in client.Mirrors.Settle(vm, bytes.AsSpan(i * size, size), call.Errno))
                WriteRange(client, vm, range, isBound);
        }
    }

    private void WriteRange(Client client, ulong vm, AddressRange range, bool isBound) => _lines.Add(RecordWriter.Json(json =>
    {
        json.WriteString("event", isBound ? "range_bind" : "range_unbind");
        if (client.Name is not null)
            json.WriteString("client", client.Name);
        client.Records.WriteVm(json, "vm_id", vm);
        json.WriteString("start", RecordWriter.Hex(range.Start));
        json.WriteString("end", RecordWriter.Hex(range.End));
        if (!isBound)
            return;
        json.WriteString("mem", "system");
        json.WriteStartArray("runs");
        json.WriteStartArray();
        json.WriteStringValue(RecordWriter.Hex(TakeFrames(range.Size)));
        json.WriteStringValue(RecordWriter.Hex(range.Size));
        json.WriteEndArray();
        json.WriteEndArray();
    }));

    /// <summary>A queue of which the driver takes no jobs any more has been reset: its job hung, or did what a replay without batches does
    /// not do.</summary>
    private void StopQueue(CallForm form, Client client, RecordedCall call)
    {
        ulong queue = form.Request == XeIoctl.Exec && call.Errno == (int)Errno.ECANCELED
            ? UapiBytes.Number(form.Struct, "exec_queue_id", call.In) : 0;
        if (queue == 0 || !_stopped.Add((call.File!, queue)))
            return;
        _lines.Add(RecordWriter.Json(json =>
        {
            json.WriteString("event", "hang");
            if (client.Name is not null)
                json.WriteString("client", client.Name);
            client.Records.WriteQueue(json, "exec_queue_id", queue);
        }));
    }

    /// <summary>No descriptor leads to it any more.</summary>
    private void Drop(Descriptors.Thing? gone)
    {
        if (gone is null || (gone.File is { } file && !_clients.ContainsKey(file)))
            return;
        _lines.Add(RecordWriter.Json(json =>
        {
            json.WriteString("event", "close");
            if (gone.File is null)
                json.WriteString("fd", gone.Name);
            else if (_clients[gone.File].Name is { } client)
                json.WriteString("client", client);
        }));
        if (gone.File is not null)
            _clients[gone.File].Owner = null;
    }

    private bool NamesOtherFile(RecordedCall call)
    {
        int fd = (int)UapiBytes.Number("drm_xe_madvise", "preferred_mem_loc.devmem_fd", call.In);
        bool namesFile = UapiBytes.Number("drm_xe_madvise", "type", call.In) == (ulong)MemRangeAttr.PreferredLoc && fd > 0;
        return namesFile && _descriptors.Find(call.Process, fd)?.File is { } file && file != call.File;
    }

    private ulong TakeFrames(ulong bytes)
    {
        ulong first = _nextFrame;
        _nextFrame += bytes;
        return first;
    }

    private void LeaveOut(string what) => _leftOut[what] = _leftOut.GetValueOrDefault(what) + 1;

    private static bool HasLostExtensions(RecordedCall call) =>
        ExtensionChain.FirstOf(call) != 0 && ExtensionChain.Of(call) is not { IsWhole: true };
}
