namespace XePt.Uapi.Spec;

/// <summary>Asks for the body of a partial method that takes a request code and the bytes of the argument: all declared ioctls, each with
/// its typed call.</summary>
/// <remarks>
/// An ioctl <c>X</c> is handled by the method <c>XFromUser</c> or else <c>X</c> of the same class that takes the argument struct and, by
/// their element types, <c>ReadOnlySpan</c>s of the arrays that <see cref="UserArrayAttribute"/> declares. <c>BeforeX</c>, if there is one,
/// may refuse before arrays are read. <c>UnknownRequest</c> answers the rest. An ioctl without a handler is a build error.
/// </remarks>
/// <param name="declarations">Any type that stands in the same assembly and namespace as the argument structs.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class IoctlEntryAttribute(Type declarations) : Attribute
{
    /// <summary>A type beside the argument structs.</summary>
    public Type Declarations { get; } = declarations;

    /// <summary>The ioctls that are declared but not offered here.</summary>
    public string[] Without { get; init; } = [];
}
