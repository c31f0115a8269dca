using System.Globalization;
using XePt.Diagnostics;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>Raises the events about BOs (PT-203).</summary>
internal static class BoEvents
{
    // The driver's bits: a BO of a client; from the next on, where it may be.
    private const uint OfClient = 1;
    private const int FirstPlacement = 1;

    private static readonly string[] VramNames =
        [.. Enumerable.Range(0, 2).Select(tile => string.Create(CultureInfo.InvariantCulture, $"vram{tile}"))];

    public static void Create(DeviceWatch watch, BufferObject bo) => EngineEvents.BoCreate(watch, Of(bo));

    public static void Validate(DeviceWatch watch, BufferObject bo) => EngineEvents.BoValidate(watch, Of(bo));

    /// <summary>A BO gets other memory.</summary>
    /// <param name="watch">Who watches the device.</param>
    /// <param name="bo">The BO.</param>
    /// <param name="region">Where to.</param>
    /// <param name="left">Where it was, or null when it has had no memory.</param>
    public static void Move(DeviceWatch watch, BufferObject bo, int region, BoPlace? left) => EngineEvents.BoMove(watch, new BoMoveEvent
    {
        Bo = (ulong)bo.Slot,
        Size = bo.Size,
        NewPlacementName = NameOf(region),
        OldPlacementName = left is null ? "system" : NameOf(left.Region),
        MoveLacksSource = left is null,
    });

    private static BoEvent Of(BufferObject bo) => new()
    {
        Size = bo.Size,
        Flags = OfClient | (bo.Placements << FirstPlacement),
        Vm = (ulong)((bo.PrivateTo as VmContext)?.Tlb.Vm.Number ?? 0),
        Bo = (ulong)bo.Slot,
    };

    // System memory that the GPU can reach is "tt" to the driver; "system" is what it cannot.
    private static string NameOf(int region) => region == 0 ? "tt" : VramNames[region - 1];
}
