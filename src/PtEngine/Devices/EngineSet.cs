using XePt.Uapi;

namespace XePt.Devices;

/// <summary>How many engines of each class a GT offers to clients; engines that the driver keeps for itself are left out (01 section
/// 4).</summary>
/// <remarks>Of several compute engines a client sees one, as the driver does unless its owner asks for more.</remarks>
public sealed record EngineSet
{
    // DEVICE_QUERY lists the classes of a GT in this order.
    private static readonly EngineClass[] Order =
        [EngineClass.Render, EngineClass.Copy, EngineClass.VideoDecode, EngineClass.VideoEnhance, EngineClass.Compute];

    /// <summary>Render engines.</summary>
    public int Render { get; init; }

    /// <summary>Copy engines.</summary>
    public int Copy { get; init; }

    /// <summary>Video decode engines.</summary>
    public int VideoDecode { get; init; }

    /// <summary>Video enhance engines.</summary>
    public int VideoEnhance { get; init; }

    /// <summary>Compute engines.</summary>
    public int Compute { get; init; }

    /// <summary>Engines of a class; 0 for the software class VM_BIND and for unknown ones.</summary>
    public int CountOf(EngineClass engineClass) => engineClass switch
    {
        EngineClass.Render => Render,
        EngineClass.Copy => Copy,
        EngineClass.VideoDecode => VideoDecode,
        EngineClass.VideoEnhance => VideoEnhance,
        EngineClass.Compute => Compute,
        _ => 0,
    };

    /// <summary>The engines by name, as DEVICE_QUERY lists them for a GT.</summary>
    public IEnumerable<DrmXeEngineClassInstance> On(int gt) =>
        from engineClass in Order
        from instance in Enumerable.Range(0, CountOf(engineClass))
        select new DrmXeEngineClassInstance { EngineClass = engineClass, EngineInstance = (ushort)instance, GtId = (ushort)gt };
}
