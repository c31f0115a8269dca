using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>
/// All events of the engine, one declaration each. The bodies, the event source <c>XePt-Engine</c> and the table of events are generated
/// from them. Names are those of the driver's trace events where there is one.
/// </summary>
/// <remarks>Whoever raises an event asks first whether anybody watches the device (<see cref="DeviceWatch"/>), at a place where it asks for
/// armed failures anyway where that is on the way of a bind; so events cost nothing while nobody does.</remarks>
[EngineEvents("XePt-Engine")]
internal static partial class EngineEvents;
