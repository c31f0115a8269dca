namespace XePt.Uapi.Spec;

/// <summary>The annotated static partial class declares the events of an engine, one partial method each
/// (<see cref="EngineEventAttribute"/>).</summary>
/// <remarks>Generated: an event source with a method for each event, the bodies of the declared methods, which raise the event there and
/// put it into the ring recorder of the device, and a table of the events.</remarks>
/// <param name="source">Name that tools know the event source by.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class EngineEventsAttribute(string source) : Attribute
{
    /// <summary>Name that tools know the event source by.</summary>
    public string Source { get; } = source;
}
