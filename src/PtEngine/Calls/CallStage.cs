namespace XePt.Calls;

/// <summary>How far a call has come, for those who ask afterwards.</summary>
internal enum CallStage : byte
{
    /// <summary>Not all ops are parsed.</summary>
    Begun,

    /// <summary>All ops are parsed: <see cref="BindCall.Ops"/> is complete.</summary>
    Split,

    /// <summary>Staging has begun: <see cref="BindCall.Tiles"/> are of this call.</summary>
    Staging,
}
