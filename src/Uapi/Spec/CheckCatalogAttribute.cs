namespace XePt.Uapi.Spec;

/// <summary>Asks for <c>All</c>: the rules of every check list and every refusal of the assembly, as data.</summary>
/// <remarks>Put it on a static partial class.</remarks>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class CheckCatalogAttribute : Attribute;
