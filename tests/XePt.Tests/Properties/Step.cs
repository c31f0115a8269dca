using CsCheck;

namespace XePt.Tests.Properties;

/// <summary>What one step of a random program does.</summary>
internal enum StepKind
{
    MapBo,
    MapUserptr,
    MapNull,
    MapMirror,
    Unmap,
    UnmapAll,
    Prefetch,
    Fault,
    Zap,
    MoveBo,
}

/// <summary>One step, in units of the setting; values that do not fit are folded into range when it runs.</summary>
/// <param name="At">First unit of the window.</param>
/// <param name="Length">Units.</param>
/// <param name="Bo">Which BO.</param>
/// <param name="Offset">Units into the BO or the CPU memory.</param>
/// <param name="Choice">Flags, PAT index, region, new shape.</param>
/// <param name="Joins">The op goes into the same call as the one before.</param>
/// <param name="Failure">0 = none; else which allocation or fault point fails at the first try.</param>
internal readonly record struct Step(StepKind Kind, int At, int Length, int Bo, int Offset, int Choice, bool Joins, int Failure)
{
    /// <summary>Lengths around the sizes of leaves and tables matter more than others.</summary>
    private static readonly Gen<int> Lengths = Gen.OneOf(
        Gen.Int[1, 40], Gen.Int[1, 900], Gen.OneOf(Gen.Const(16), Gen.Const(512), Gen.Const(1024)));

    private static readonly Gen<int> Places = Gen.OneOf(
        Gen.Int[0, ModelSetting.WindowUnits - 1], Gen.Int[0, 95].Select(i => i * 16),
        Gen.OneOf(Gen.Const(0), Gen.Const(512), Gen.Const(1024)));

    public static Gen<Step> Any { get; } = Gen.Select(
        Gen.Enum<StepKind>(), Places, Lengths, Gen.Int[0, 2], Places, Gen.Int[0, 1 << 16], Gen.Int[0, 3], Gen.Int[-30, 30],
        (kind, at, length, bo, offset, choice, joins, failure) =>
            new Step(kind, at, length, bo, offset, choice, joins == 0, Math.Max(0, failure)));

    /// <summary>A program: the shapes of three BOs and of the CPU memory, and the steps.</summary>
    public static Gen<(int[] Shapes, Step[] Steps)> Programs { get; } = Gen.Select(
        Gen.Int[0, PhysicalShapes.Count - 1].Array[4], Any.Array[1, 20]);

    public bool IsBindOp => Kind < StepKind.Fault;
}
