using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>OBSERVATION, before the unit is looked for (OBS-001).</summary>
[CheckList(typeof(DrmXeObservationParam))]
[RequireZero(1, "OBS-001", Errno.EINVAL, "must be zero", "extensions")]
[RequireKnownValue(2, "OBS-001", Errno.EINVAL, "nothing of this type can be observed", "observation_type")]
[RequireKnownValue(3, "OBS-001", Errno.EINVAL, "no such operation", "observation_op")]
[RefuseIf(4, "OBS-001", Errno.EINVAL, "stalls are sampled without configurations", "observation_op", nameof(ConfiguresStalls))]
internal static partial class ObservationChecks
{
    private static bool ConfiguresStalls(in DrmXeObservationParam argument) =>
        argument.ObservationType == ObservationType.EuStall && argument.ObservationOp != ObservationOp.StreamOpen;
}
