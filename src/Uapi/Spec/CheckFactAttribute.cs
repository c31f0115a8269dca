namespace XePt.Uapi.Spec;

/// <summary>Marks a method of a check list whose result several conditions need: it runs once, before the first of them.</summary>
/// <remarks>
/// The method is static, takes the argument, the context, both (each by <c>in</c>), or nothing. A condition asks for the fact by a
/// parameter of its type, passed by value; so no two facts of a list have the same type.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CheckFactAttribute : Attribute;
