using XePt.Calls;

namespace XePt.Pipeline;

/// <summary>Sees a bind go from stage to stage. A struct without state, for which the road is compiled: who does not watch costs
/// nothing.</summary>
internal interface IRoadWatch
{
    /// <summary>A stage begins.</summary>
    static abstract void Enter(VmContext vm, RoadStage stage);

    /// <summary>A stage ends.</summary>
    static abstract void Leave(VmContext vm, RoadStage stage, Outcome outcome);

    /// <summary>All tiles are prepared and nothing has run (PT-204).</summary>
    static abstract void Prepared(VmContext vm);

    /// <summary>Carrying out the ops has ended.</summary>
    static abstract void Executed(VmContext vm, Outcome outcome);
}

/// <summary>Nobody watches.</summary>
internal readonly struct Unwatched : IRoadWatch
{
    public static void Enter(VmContext vm, RoadStage stage)
    {
    }

    public static void Leave(VmContext vm, RoadStage stage, Outcome outcome)
    {
    }

    public static void Prepared(VmContext vm)
    {
    }

    public static void Executed(VmContext vm, Outcome outcome)
    {
    }
}
