using System.Diagnostics.Tracing;
using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>The devices and clients of a trace. They are of one process: one clock, one table of file descriptors.</summary>
internal sealed class TraceParties : IDisposable
{
    private const int EventsKept = 1 << 10;

    private readonly List<TraceDevice> _devices = [];
    private readonly List<TraceClient> _clients = [];
    private readonly bool _keepsEvents;

    /// <summary>The device of the header and its client.</summary>
    public TraceParties(PlatformInfo platform, XeDeviceOptions options, bool keepsEvents = false)
    {
        _keepsEvents = keepsEvents;
        AddDevice(name: null, platform, options);
        _clients.Add(TraceClient.Open(name: null, _devices[0], this));
    }

    /// <summary>All devices, in the order in which they came.</summary>
    public IReadOnlyList<TraceDevice> Devices => _devices;

    /// <summary>All clients that are open, in the order in which they came.</summary>
    public IReadOnlyList<TraceClient> Clients => _clients;

    /// <summary>Where the clients' processes run.</summary>
    public TraceMachine Machine { get; } = new();

    /// <summary>Names of file descriptors.</summary>
    public HandleNames Descriptors { get; } = new();

    /// <summary>The client with a name; without one that of the header.</summary>
    public TraceClient Client(string? name) => _clients.Find(client => client.Name == name)
        ?? throw new MalformedRecordException(name is null ? "the first client is closed" : $"'client': there is no client \"{name}\"");

    /// <summary>The device with a name; without one that of the header.</summary>
    public TraceDevice Device(string? name) => _devices.Find(device => device.Name == name)
        ?? throw new MalformedRecordException($"'device': there is no device \"{name}\"");

    /// <summary>Makes a device.</summary>
    public TraceDevice AddDevice(string? name, PlatformInfo platform, XeDeviceOptions options)
    {
        if (_devices.Exists(device => device.Name == name))
            throw new MalformedRecordException($"'as': there is a device \"{name}\" already");
        // A trace may be replayed on a platform with less VRAM than the CPU could reach on the one it is from.
        bool seesAll = options.CpuVisibleVramBytes >= platform.VramBytesPerTile;
        TraceDevice? first = _devices.FirstOrDefault();
        var copies = new TraceCopyEngine(options.CopyEngine is TraceCopyEngine { IsLate: true });
        var faults = new TraceFaults();
        var device = new TraceDevice(name, new XeDevice(platform, options with
        {
            CpuVisibleVramBytes = seesAll ? null : options.CpuVisibleVramBytes,
            Clock = first?.Device.Clock ?? options.Clock,
            Descriptors = first?.Device.Descriptors ?? options.Descriptors,
            CopyEngine = copies,
            GpuFaultSink = faults,
        }))
        { Copies = copies, Faults = faults };
        copies.Device = device.Device;
        _devices.Add(device);
        if (_keepsEvents)
            device.Device.Recorder.Start(EventsKept, EventLevel.Verbose, clock: XeRecorderClock.Real);
        return device;
    }

    /// <summary>Writes the events that the devices have recorded.</summary>
    public void DumpEvents(TextWriter writer)
    {
        foreach (TraceDevice device in _devices)
            device.Device.Recorder.Dump(writer);
    }

    /// <summary>A client opens a device.</summary>
    public TraceClient Open(string name, TraceDevice device)
    {
        if (_clients.Exists(client => client.Name == name))
            throw new MalformedRecordException($"'as': there is a client \"{name}\" already");
        var client = TraceClient.Open(name, device, this);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client closes its file.</summary>
    public void Close(TraceClient client)
    {
        client.File.Dispose();
        _clients.Remove(client);
    }

    /// <summary>The name that the trace gives an exec queue of a device, if only one of its clients has a queue of this number.</summary>
    public string? QueueName(TraceDevice device, uint queue)
    {
        string[] names = [.. _clients.Where(client => client.Device == device)
            .Select(client => client.Names.NameOf(HandleKind.Queue, queue)).OfType<string>()];
        return names is [var only] ? only : null;
    }

    public void Dispose()
    {
        foreach (TraceDevice device in _devices)
        {
            device.Copies.Complete(int.MaxValue, Errno.ECANCELED);
            device.Device.Dispose();
        }

        Machine.Dispose();
    }
}
