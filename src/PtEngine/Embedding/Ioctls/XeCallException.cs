using XePt.Uapi;

namespace XePt;

/// <summary>A call in its short form was refused (<see cref="XeFile.CreateVm"/>, <see cref="XeVm.MapNull"/> and the like). The typed calls
/// return the errno instead.</summary>
/// <param name="rejection">Which rule refused what, and why.</param>
public sealed class XeCallException(Rejection rejection) : InvalidOperationException(rejection.ToString())
{
    /// <summary>Which rule refused what, and why.</summary>
    public Rejection Rejection { get; } = rejection;

    /// <summary>The errno that the driver returns.</summary>
    public Errno Errno => Rejection.Errno;
}
