using XePt.Cli.Traces.Processes;

namespace XePt.Cli.Traces;

/// <summary>A client of a trace: an open file of a device, with memory and names of its own.</summary>
/// <param name="Name">What the trace calls it; null for the one that needs no name.</param>
/// <param name="Device">Its device.</param>
internal sealed record TraceClient(string? Name, TraceDevice Device)
{
    private int _descriptor;

    /// <summary>The descriptor of its file, which is opened when somebody first asks for it.</summary>
    public int OwnDescriptor => _descriptor != 0 ? _descriptor : _descriptor = File.Descriptors.Open(File);

    /// <summary>What makes its calls.</summary>
    public required XeFile File { get; init; }

    /// <summary>The process that it is.</summary>
    public required TraceProcess Process { get; init; }

    /// <summary>Its memory as ioctls see it.</summary>
    public required TraceMemory Memory { get; init; }

    /// <summary>Names of its handles.</summary>
    public required HandleNames Names { get; init; }

    /// <summary>Opens a device.</summary>
    public static TraceClient Open(string? name, TraceDevice device, TraceParties parties)
    {
        var names = new HandleNames { Descriptors = parties.Descriptors };
        var process = new TraceProcess(parties.Machine);
        var client = new TraceClient(name, device)
        {
            File = device.Device.OpenFile(),
            Names = names,
            Process = process,
            Memory = new TraceMemory(process),
        };
        client.File.UserMemory = client.Memory;
        return client;
    }
}

/// <summary>A device of a trace.</summary>
/// <param name="Name">What the trace calls it; null for that of the header.</param>
/// <param name="Device">The device.</param>
internal sealed record TraceDevice(string? Name, XeDevice Device)
{
    private readonly Dictionary<int, string> _boLabels = [];

    /// <summary>What copies pages of processes into its memory and back.</summary>
    public required TraceCopyEngine Copies { get; init; }

    /// <summary>Answers to its page faults.</summary>
    public required TraceFaults Faults { get; init; }

    /// <summary>Remembers what to call a BO in lists; the label outlives its handle.</summary>
    public void Label(XeBo bo, string? name) => _boLabels[bo.Number] = name ?? $"bo{bo.Handle}";

    /// <summary>Gives a BO a name that has none yet.</summary>
    public void LabelNew(XeBo bo, string? name) => _boLabels.TryAdd(bo.Number, name ?? $"bo{bo.Handle}");

    /// <summary>What to call the BO with a device-wide number.</summary>
    public string LabelOf(int boNumber) => _boLabels[boNumber];
}
