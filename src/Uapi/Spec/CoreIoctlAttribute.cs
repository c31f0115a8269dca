namespace XePt.Uapi.Spec;

/// <summary>Makes a struct the argument of an ioctl of the DRM core (docs/drm-core.md, section 1). Several ioctls may share a
/// struct.</summary>
/// <param name="number">The ioctl number: outside the range that belongs to the driver.</param>
/// <param name="direction">Which way the struct is copied.</param>
/// <param name="name">C name of the request code, for example <c>DRM_IOCTL_SYNCOBJ_CREATE</c>.</param>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
internal sealed class CoreIoctlAttribute(int number, IoctlDirection direction, string name) : Attribute
{
    /// <summary>The ioctl number.</summary>
    public int Number { get; } = number;

    /// <summary>Which way the struct is copied.</summary>
    public IoctlDirection Direction { get; } = direction;

    /// <summary>C name of the request code.</summary>
    public string Name { get; } = name;
}
