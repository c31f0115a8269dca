namespace XePt.Pipeline;

/// <summary>The stages of a bind that are stages of the call, as its events tell them apart; Flush and Retire are those of a
/// tile.</summary>
internal enum RoadStage
{
    Validate,
    Split,
    Reside,
    Populate,
    Stage,
    Run,
    Keep,
    Signal,
}
