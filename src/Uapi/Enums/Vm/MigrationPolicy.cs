using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Which pages migrate to the preferred location.</summary>
[FlagTable("DRM_XE_MIGRATE_")]
public enum MigrationPolicy : ushort
{
    /// <summary>All pages.</summary>
    [CName("DRM_XE_MIGRATE_ALL_PAGES")]
    AllPages = 0,

    /// <summary>Only pages in system memory.</summary>
    [CName("DRM_XE_MIGRATE_ONLY_SYSTEM_PAGES")]
    OnlySystemPages = 1,
}
