namespace XePt.Tests.Svm.Mix;

/// <summary>What a step of a mix does.</summary>
internal enum MixKind
{
    CpuRead,
    CpuWrite,
    GpuRead,
    GpuWrite,
    GpuAtomic,
    Map,
    Unmap,
    Protect,
    Move,
    Discard,
    Touch,
    ForkOrExit,
    Pin,
    BindMirror,
    BindBo,
    BindNull,
    BindUserptr,
    Unbind,
    Prefetch,
    Advise,
    Evict,
    MoveBo,
    Burst,
    Hold,
    Recreate,
}

/// <summary>One step; its numbers are folded into what there is when it runs, so any sequence of steps can run.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Who">Which process or VM.</param>
/// <param name="At">Where.</param>
/// <param name="Length">How much.</param>
/// <param name="Choice">Anything else.</param>
internal readonly record struct MixStep(MixKind Kind, int Who, int At, int Length, int Choice)
{
    private static readonly (MixKind Kind, int Weight)[] Weights =
    [
        (MixKind.CpuRead, 180), (MixKind.CpuWrite, 160), (MixKind.GpuRead, 210), (MixKind.GpuWrite, 190), (MixKind.GpuAtomic, 60),
        (MixKind.Map, 44), (MixKind.Unmap, 5), (MixKind.Protect, 10), (MixKind.Move, 4), (MixKind.Discard, 8), (MixKind.Touch, 8),
        (MixKind.ForkOrExit, 4), (MixKind.Pin, 3), (MixKind.BindMirror, 16), (MixKind.BindBo, 8), (MixKind.BindNull, 3),
        (MixKind.BindUserptr, 7), (MixKind.Unbind, 3), (MixKind.Prefetch, 16), (MixKind.Advise, 14), (MixKind.Evict, 8),
        (MixKind.MoveBo, 4), (MixKind.Burst, 10), (MixKind.Hold, 4), (MixKind.Recreate, 1),
    ];

    private static readonly int Sum = Weights.Sum(weight => weight.Weight);

    /// <summary>The steps of a seed.</summary>
    public static MixStep[] Program(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Next(random))];
    }

    private static MixStep Next(Random random)
    {
        int drawn = random.Next(Sum), kind = 0;
        while (drawn >= Weights[kind].Weight)
            drawn -= Weights[kind++].Weight;
        return new MixStep(Weights[kind].Kind, random.Next(1 << 16), random.Next(1 << 16), random.Next(1 << 16), random.Next(1 << 16));
    }
}
