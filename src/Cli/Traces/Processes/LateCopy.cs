using XePt.Host;

namespace XePt.Cli.Traces.Processes;

/// <summary>A copy that ends after its beginning: what the job says, kept until then.</summary>
/// <param name="job">The job.</param>
/// <param name="done">Signals when it has ended.</param>
internal sealed class LateCopy(in CopyJob job, Fence done)
{
    private readonly CopyDirection _direction = job.Direction;
    private readonly int _tile = job.Tile;
    private readonly IFrameMemory _device = job.Device;
    private readonly ulong _deviceAddress = job.DeviceAddress;
    private readonly IFrameMemory _other = job.Other;
    private readonly ulong[] _pages = job.Pages.ToArray();

    /// <summary>Signals when it has ended.</summary>
    public Fence Done { get; } = done;

    /// <summary>The job once more.</summary>
    public CopyJob Job => new(_direction, _tile, _device, _deviceAddress, _other, _pages);
}
