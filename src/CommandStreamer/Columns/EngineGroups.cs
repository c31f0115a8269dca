using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Streaming;

/// <summary>Engines of a GT that share what a job in fault mode cannot share with one that has a fence (RN-048): render and compute, the
/// copy engines, the media engines. While jobs with fences are there, those of fault-mode VMs are off their engines; they go on
/// afterwards.</summary>
/// <remarks>Concurrency: behind the streamer's gate.</remarks>
internal sealed class EngineGroups
{
    private const int Kinds = 3;

    private static readonly ConditionalWeakTable<XeDevice, EngineGroups> s_ofDevices = [];

    private readonly EngineGroup[] _groups;

    private EngineGroups(XeDevice device)
    {
        _groups = new EngineGroup[Kinds * (device.Platform.Gts.Max() + 1)];
        for (int i = 0; i < _groups.Length; i++)
            _groups[i] = new EngineGroup();
    }

    /// <summary>The group that an engine is in.</summary>
    public static EngineGroup Of(XeDevice device, in DrmXeEngineClassInstance engine)
    {
        EngineGroups groups = s_ofDevices.GetValue(device, static device => new EngineGroups(device));
        return groups._groups[(Kinds * engine.GtId) + KindOf(engine.EngineClass)];
    }

    private static int KindOf(EngineClass engineClass) => engineClass switch
    {
        EngineClass.Render or EngineClass.Compute => 0,
        EngineClass.Copy => 1,
        _ => 2,
    };
}

/// <summary>One of them.</summary>
internal sealed class EngineGroup
{
    /// <summary>Jobs with fences that are on its engines.</summary>
    public int JobsWithFences { get; set; }
}
