using XePt.Cli.Input;
using XePt.Devices;

namespace XePt.Cli.Traces;

/// <summary>Plays the calls of a trace against one client of one device.</summary>
internal sealed class TracePlayer : IDisposable
{
    private readonly Dictionary<int, string> _boLabels = [];
    private readonly TraceLimits _limits = new();
    private int _deviceFile;

    public TracePlayer(PlatformInfo platform, XeDeviceOptions options)
    {
        // A trace may be replayed on a platform with less VRAM than the CPU could reach on the one it is from.
        bool seesAll = options.CpuVisibleVramBytes >= platform.VramBytesPerTile;
        Device = new XeDevice(platform, seesAll ? options with { CpuVisibleVramBytes = null } : options);
        File = Device.OpenFile();
        File.UserMemory = Memory;
        Moments = new FenceMoments(Device.Clock, Names);
        Device.FenceLog = Moments.Add;
    }

    /// <summary>The device.</summary>
    public XeDevice Device { get; }

    /// <summary>The client that makes all calls.</summary>
    public XeFile File { get; }

    /// <summary>The client's memory.</summary>
    public TraceMemory Memory { get; } = new();

    /// <summary>The clock that time-outs are measured by.</summary>
    public VirtualClock Clock => (VirtualClock)Device.Clock;

    /// <summary>The sink that completes jobs on demand, or null when they complete by themselves.</summary>
    public ManualJobSink? Jobs => Device.Options.JobSink as ManualJobSink;

    /// <summary>Fences of others, by the names that the trace gave them.</summary>
    public Dictionary<string, Fence> Fences { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of handles.</summary>
    public HandleNames Names { get; } = new();

    /// <summary>What became of work in flight.</summary>
    public FenceMoments Moments { get; }

    /// <summary>Opens the descriptor of the trace's own client, unless it is open: advice that names a file names this one.</summary>
    public void OpenDeviceFile()
    {
        if (_deviceFile == 0)
            _deviceFile = File.Descriptors.Open(File);
    }

    /// <summary>Plays one call and compares the result with what the record expects.</summary>
    public CallOutcome Play(TraceRecord record, bool checkExpected)
    {
        Moments.Line = record.Line;
        _limits.Count(record.Call);
        record.Fields?.Resolve(Names);
        Names.Made = 0;
        CallResult result = record.Call.Play(this);
        TraceLimits.Check(Device);
        IReadOnlyList<string> differences = checkExpected && record.Expected is { } expected ? expected.Compare(this, result) : [];
        return new CallOutcome(record.Line, record.Name, result, differences) 
        {
            IsChecked = checkExpected && record.Expected is not null,
            Fields = record.Fields,
            Made = Names.Made,
        };
    }

    /// <summary>The VM of a host-model record, which must exist.</summary>
    public XeVm RequireVm(uint id) => File.FindVm(id) ?? throw new MalformedRecordException($"there is no VM {id}");

    /// <summary>The BO of a host-model record, which must exist.</summary>
    public XeBo RequireBo(uint handle) => File.FindBo(handle) ?? throw new MalformedRecordException($"there is no BO with handle {handle}");

    /// <summary>The exec queue of a record, which must exist.</summary>
    public ExecQueue RequireQueue(uint id) => File.FindQueue(id) ?? throw new MalformedRecordException($"there is no exec queue {id}");

    /// <summary>Remembers what to call a BO in lists; the label outlives its handle.</summary>
    public void Label(XeBo bo, string? name) => _boLabels[bo.Number] = name ?? $"bo{bo.Handle}";

    /// <summary>What to call the BO with a device-wide number.</summary>
    public string LabelOf(int boNumber) => _boLabels[boNumber];

    public void Dispose() => Device.Dispose();
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

    /// <summary>Its fields, where somebody asks for them.</summary>
    public RecordFields? Fields { get; init; }

    /// <summary>The handle or id that the call returned; 0 when it made nothing.</summary>
    public uint Made { get; init; }
}
