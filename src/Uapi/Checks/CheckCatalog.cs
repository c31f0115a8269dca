using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>Every check and refusal of the uAPI, for tools and documentation.</summary>
[CheckCatalog]
internal static partial class CheckCatalog;
