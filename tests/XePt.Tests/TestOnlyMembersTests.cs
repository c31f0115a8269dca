using System.Reflection;
using XePt.Tests.Kit;

namespace XePt.Tests;

/// <summary>Code that only tests call is no part of the product: it goes, or moves to the tests (<see cref="EngineInsides"/>).</summary>
public class TestOnlyMembersTests
{
    private static readonly string[] Product =
        ["XePt.Uapi", "XePt.PtEngine", "XePt.TlbModel", "XePt.CommandStreamer", "xept", "xept-profile", "XePt.Native"];

    // Why they may stay.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["the driver declares these events, too, and raises none of them"] =
        [
            "EngineEvents.BoCpuFault", "EngineEvents.VmRestart", "EngineEvents.VmaAccess", "EngineEvents.VmaFlush",
            "EngineEvents.VmaPagefaultBind", "EngineEvents.VmaUserptrRebindExec", "EngineEvents.VmaUserptrRebindWorker",
        ],
        ["generated for every declaration of its kind"] = ["DrmSyncobjWait.RefuseHandles", "VmBindRangeChecks.Validate"],
        ["tests of growth count steps and not time, and only the code itself can count them"] = ["LegPool.Made"],
        ["the explorer of schedules asks it after every order of steps"] = ["ClosedVms.Pending"],
        ["a host without memory cannot be had from outside"] = ["NativeBlocks.Watch", "NativeBlocks.set_Watch"],
        ["what the checker of coherence finds must be planted in a TLB"] = ["ReferenceTlb.set_IgnoresUnits", "ReferenceTlb.set_KeepsAll"],
    };

    [Fact]
    public void Every_internal_member_has_a_user_in_the_product() =>
        Assert.Equal(
            Allowed.Values.SelectMany(names => names).Order(StringComparer.Ordinal),
            UnusedMembers.Of([.. Product.Select(Assembly.Load)]).Order(StringComparer.Ordinal));

    [Fact]
    public void A_member_that_nobody_uses_is_seen_and_others_are_not() =>
        Assert.Equal(
            ["Sample.Forgotten", "Sample.Recursive", "Sample._written"],
            UnusedMembers.Of([typeof(TestOnlyMembersTests).Assembly]).Where(name => name.StartsWith("Sample.", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Who_uses_the_members_of_a_sample() => Assert.Equal(3, new Sample().Used());
}

/// <summary>Members with and without users.</summary>
internal sealed class Sample : IComparable<Sample>
{
#pragma warning disable IDE0044, IDE0051, CS0169
    private int _written;
#pragma warning restore IDE0044, IDE0051, CS0169

    internal int Forgotten => 1;

    private static int Helper<T>(T value) => value is null ? 0 : 3;

    public int CompareTo(Sample? other) => 0;

    internal int Used() => Helper(this);

    internal int Recursive(int depth) => depth == 0 ? 0 : Recursive(depth - 1);
}
