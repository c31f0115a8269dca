using System.Diagnostics.Tracing;

namespace XePt.Uapi.Spec;

/// <summary>Declares an event and asks for the body of the partial method that raises it. The method takes what the event is about, the
/// watch of a device, and the event's fields as one struct, whose public fields are the payload in their order.</summary>
/// <param name="id">Number of the event, 1 to 255, never used again for another.</param>
/// <param name="name">Its name; that of the driver's trace event where there is one. Names that end in Start and Stop are pairs with
/// numbers that follow each other.</param>
/// <param name="group">A member of the enum of event groups; all events of a class use the same enum.</param>
/// <param name="level">From which level on the event is raised.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EngineEventAttribute(int id, string name, object group, EventLevel level) : Attribute
{
    /// <summary>Number of the event.</summary>
    public int Id { get; } = id;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Its group.</summary>
    public object Group { get; } = group;

    /// <summary>From which level on it is raised.</summary>
    public EventLevel Level { get; } = level;

    /// <summary>From which level on a recorder keeps it: what happens in every call would fill it and cost more than the call.</summary>
    public EventLevel RecordLevel { get; set; } = level;
}
