namespace XePt.Uapi.Spec;

/// <summary>Asks for the body of a partial method: a direct switch over its first parameter, an op enum, to the handlers of its
/// class.</summary>
/// <remarks>
/// The handlers get the other parameters and give the result. A member of the enum that no handler names is a build error, so a new op
/// cannot be forgotten at any stage.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OpDispatchAttribute : Attribute;

/// <summary>Names an op that the annotated method handles, in every dispatch over the op's enum in the same class.</summary>
/// <param name="op">A member of the enum.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class HandlesOpAttribute(object op) : Attribute
{
    /// <summary>The member of the enum.</summary>
    public object Op { get; } = op;

    /// <summary>The one dispatch that the handler is for, in a class that has several over the same enum.</summary>
    public string? For { get; init; }
}
