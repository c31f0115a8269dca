using System.Diagnostics.Tracing;

namespace XePt.Diagnostics;

/// <summary>One event that the engine can raise.</summary>
public sealed class XeEventInfo
{
    internal XeEventInfo(int id, string name, XeEventGroups group, EventLevel level, XeEventField[] fields) =>
        (Id, Name, Group, Level, Fields) = (id, name, group, level, fields);

    /// <summary>All events, by number.</summary>
    public static IReadOnlyList<XeEventInfo> All => EngineEvents.Table;

    /// <summary>Number of the event.</summary>
    public int Id { get; }

    /// <summary>Its name; that of the driver's trace event where there is one.</summary>
    public string Name { get; }

    /// <summary>Its group, which is its keyword in the event source.</summary>
    public XeEventGroups Group { get; }

    /// <summary>From which level on it is raised.</summary>
    public EventLevel Level { get; }

    /// <summary>What it carries, in the order of the payload, which begins with the name of the device.</summary>
    public IReadOnlyList<XeEventField> Fields { get; }

    /// <summary>For example <c>xe_vma_bind</c>.</summary>
    public override string ToString() => Name;

    internal static XeEventInfo? Find(int id) => Array.Find(EngineEvents.Table, info => info.Id == id);
}
