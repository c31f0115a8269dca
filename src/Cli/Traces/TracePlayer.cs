using XePt.Cli.Input;
using XePt.Cli.Traces.Processes;
using XePt.Devices;

namespace XePt.Cli.Traces;

/// <summary>Plays the calls of a trace, each as the client that makes it.</summary>
internal sealed class TracePlayer : IDisposable
{
    private readonly TraceLimits _limits = new();
    private TraceClient _client;

    public TracePlayer(PlatformInfo platform, XeDeviceOptions options, bool keepsEvents = false)
    {
        Parties = new TraceParties(platform, options, keepsEvents);
        _client = Parties.Client(name: null);
        Moments = new FenceMoments(Device.Clock, this);
        Listen(_client.Device);
    }

    /// <summary>The devices and clients.</summary>
    public TraceParties Parties { get; }

    /// <summary>The device that the record is about.</summary>
    public XeDevice Device => _client.Device.Device;

    /// <summary>Who makes the call.</summary>
    public TraceClient Client => _client;

    /// <summary>The file of the client that makes the call.</summary>
    public XeFile File => _client.File;

    /// <summary>The client's process.</summary>
    public TraceProcess Process => _client.Process;

    /// <summary>The client's memory.</summary>
    public TraceMemory Memory => _client.Memory;

    /// <summary>The clock that time-outs are measured by.</summary>
    public VirtualClock Clock => (VirtualClock)Device.Clock;

    /// <summary>The sink that completes jobs on demand, or null when they complete by themselves.</summary>
    public ManualJobSink? Jobs => Device.Options.JobSink as ManualJobSink;

    /// <summary>Fences of others, by the names that the trace gave them.</summary>
    public Dictionary<string, Fence> Fences { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of the client's handles.</summary>
    public HandleNames Names => _client.Names;

    /// <summary>What became of work in flight.</summary>
    public FenceMoments Moments { get; }

    /// <summary>The descriptor of the client's own file, for advice that names it.</summary>
    public int OwnDescriptor => _client.OwnDescriptor;

    /// <summary>Speaks for a client from now on.</summary>
    public void Use(TraceClient client) => _client = client;

    /// <summary>Notes what becomes of work of a device.</summary>
    public void Listen(TraceDevice device) => device.Device.FenceLog = what => Moments.Add(what, Parties.QueueName(device, what.Queue));

    /// <summary>Plays one call and compares the result with what the record expects.</summary>
    public CallOutcome Play(TraceRecord record, bool checkExpected)
    {
        Moments.Line = record.Line;
        _limits.Count(record.Call);
        if (record.Call.IsOfClient || record.Client is not null)
            Use(Parties.Client(record.Client));
        record.Fields?.Resolve(Names);
        Names.Made = 0;
        TraceDevice device = _client.Device;
        SvmEffects before = SvmEffects.Sum(device);
        CallResult result = record.Call.Play(this);
        TraceLimits.Check(Device);
        TraceLimits.CheckRanges(Parties.Clients);
        Parties.Machine.Check();
        IReadOnlyList<string> differences = checkExpected && record.Expected is { } expected ? expected.Compare(this, result) : [];
        return new CallOutcome(record.Line, record.Name, result, differences)
        {
            IsChecked = checkExpected && record.Expected is not null,
            Client = record.Client,
            Fields = record.Fields,
            Made = Names.Made,
            Effects = SvmEffects.Sum(device).Since(before),
        };
    }

    /// <summary>The VM of a host-model record, which must exist.</summary>
    public XeVm RequireVm(uint id) => File.FindVm(id) ?? throw new MalformedRecordException($"there is no VM {id}");

    /// <summary>The BO of a host-model record, which must exist.</summary>
    public XeBo RequireBo(uint handle) => File.FindBo(handle) ?? throw new MalformedRecordException($"there is no BO with handle {handle}");

    /// <summary>The exec queue of a record, which must exist.</summary>
    public ExecQueue RequireQueue(uint id) => File.FindQueue(id) ?? throw new MalformedRecordException($"there is no exec queue {id}");

    /// <summary>Remembers what to call a BO in lists; the label outlives its handle.</summary>
    public void Label(XeBo bo, string? name) => _client.Device.Label(bo, name);

    /// <summary>Gives a BO that was made elsewhere a name, unless it has one.</summary>
    public void LabelImported(XeBo bo, string? name) => _client.Device.LabelNew(bo, name);

    /// <summary>What to call the BO with a device-wide number.</summary>
    public string LabelOf(int boNumber) => _client.Device.LabelOf(boNumber);

    public void Dispose() => Parties.Dispose();
}

/// <summary>One played record.</summary>
/// <param name="Line">Line of the record.</param>
/// <param name="Name">Name of the ioctl or event.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Differences">How that differs from what the record expects.</param>
internal sealed record CallOutcome(int Line, string Name, CallResult Result, IReadOnlyList<string> Differences)
{
    /// <summary>Whether it was compared with what the record expects.</summary>
    public bool IsChecked { get; init; }

    /// <summary>The client that made it; null for the first one.</summary>
    public string? Client { get; init; }

    /// <summary>What to call it in lists: with the client, where it has a name.</summary>
    public string Title => Client is null ? Name : $"{Client}: {Name}";

    /// <summary>Its fields, where somebody asks for them.</summary>
    public RecordFields? Fields { get; init; }

    /// <summary>The handle or id that the call returned; 0 when it made nothing.</summary>
    public uint Made { get; init; }

    /// <summary>What else it led to; null when nothing.</summary>
    public SvmEffects? Effects { get; init; }
}
