namespace XePt.Pipeline;

/// <summary>The stages of a bind, as its events tell them apart.</summary>
internal enum RoadStage
{
    Validate,
    Split,
    Reside,
    Stage,
    Run,
    Signal,
}
