namespace XePt.Uapi.Spec;

/// <summary>Asks for a direct switch from the members of an op enum to the handlers of the annotated static partial class.</summary>
/// <remarks>
/// The generator adds <c>Dispatch(op, …)</c> with the handlers' common parameters and result. A member of the enum that no handler names
/// is a build error, so a new op cannot be forgotten.
/// </remarks>
/// <param name="ops">The enum of the ops.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OpDispatchAttribute(Type ops) : Attribute
{
    /// <summary>The enum of the ops.</summary>
    public Type Ops { get; } = ops;
}

/// <summary>Names an op that the annotated static method handles.</summary>
/// <param name="op">A member of the enum of the class's <see cref="OpDispatchAttribute"/>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class HandlesOpAttribute(object op) : Attribute
{
    /// <summary>The member of the op enum.</summary>
    public object Op { get; } = op;
}
