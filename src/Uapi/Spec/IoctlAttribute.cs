namespace XePt.Uapi.Spec;

/// <summary>Which way the argument struct of an ioctl is copied; the two top bits of the request code.</summary>
internal enum IoctlDirection
{
    /// <summary>From the caller to the driver only.</summary>
    Write = 1,

    /// <summary>To the driver, and back also when the ioctl fails.</summary>
    ReadWrite = 3,
}

/// <summary>Makes a struct the argument of an ioctl; the request code follows from it (specification 01, section 1).</summary>
/// <param name="number">The driver's ioctl number, counted from the command base.</param>
/// <param name="direction">Which way the struct is copied.</param>
/// <param name="name">C name of the request code, for example <c>DRM_IOCTL_XE_VM_BIND</c>.</param>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class IoctlAttribute(int number, IoctlDirection direction, string name) : Attribute
{
    /// <summary>The driver's ioctl number, counted from the command base.</summary>
    public int Number { get; } = number;

    /// <summary>Which way the struct is copied.</summary>
    public IoctlDirection Direction { get; } = direction;

    /// <summary>C name of the request code.</summary>
    public string Name { get; } = name;
}
