namespace XePt.Uapi;

/// <summary>Which stage of the uAPI the device behaves as (BIND-001, specification 02 section 20).</summary>
public enum XeProfile
{
    /// <summary>The driver of Linux v7.0; the default.</summary>
    Final,

    /// <summary>The seed patch as posted: every CPU address mirror bind is refused with -EOPNOTSUPP.</summary>
    SeedGated,

    /// <summary>The seed patch with that one refusal removed.</summary>
    SeedOpen,
}
