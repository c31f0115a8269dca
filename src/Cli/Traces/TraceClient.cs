using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>A client of a trace: an open file of a device, with memory and names of its own.</summary>
/// <param name="Name">What the trace calls it; null for the one that needs no name.</param>
/// <param name="Device">Its device.</param>
internal sealed record TraceClient(string? Name, TraceDevice Device)
{
    /// <summary>What makes its calls.</summary>
    public required XeFile File { get; init; }

    /// <summary>Its memory.</summary>
    public TraceMemory Memory { get; } = new();

    /// <summary>Names of its handles.</summary>
    public required HandleNames Names { get; init; }

    /// <summary>Opens a device.</summary>
    public static TraceClient Open(string? name, TraceDevice device, HandleNames descriptors)
    {
        var names = new HandleNames { Descriptors = descriptors };
        var client = new TraceClient(name, device) { File = device.Device.OpenFile(), Names = names };
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

    /// <summary>Remembers what to call a BO in lists; the label outlives its handle.</summary>
    public void Label(XeBo bo, string? name) => _boLabels[bo.Number] = name ?? $"bo{bo.Handle}";

    /// <summary>Gives a BO a name that has none yet.</summary>
    public void LabelNew(XeBo bo, string? name) => _boLabels.TryAdd(bo.Number, name ?? $"bo{bo.Handle}");

    /// <summary>What to call the BO with a device-wide number.</summary>
    public string LabelOf(int boNumber) => _boLabels[boNumber];
}
