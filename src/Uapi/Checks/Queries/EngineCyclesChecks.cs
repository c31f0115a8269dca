using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>What the client writes into the buffer of an ENGINE_CYCLES query, before the look-up of the engine. Padding is not looked
/// at.</summary>
[CheckList(typeof(DrmXeQueryEngineCycles))]
[RequireKnownValue(1, "QRY-004", Errno.EINVAL, "no clock of this number can be read", "clockid", Among = typeof(ClockId))]
internal static partial class EngineCyclesChecks;
