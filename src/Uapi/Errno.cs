namespace XePt.Uapi;

/// <summary>Linux error numbers as the ioctls return them: zero or negative.</summary>
public enum Errno
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = -1,

    /// <summary>No such object.</summary>
    ENOENT = -2,

    /// <summary>Interrupted.</summary>
    EINTR = -4,

    /// <summary>Input/output error.</summary>
    EIO = -5,

    /// <summary>Argument list too long.</summary>
    E2BIG = -7,

    /// <summary>Executable format error; here: stale protected content.</summary>
    ENOEXEC = -8,

    /// <summary>Bad file descriptor.</summary>
    EBADF = -9,

    /// <summary>Try again.</summary>
    EAGAIN = -11,

    /// <summary>Out of memory.</summary>
    ENOMEM = -12,

    /// <summary>Permission denied.</summary>
    EACCES = -13,

    /// <summary>Bad address.</summary>
    EFAULT = -14,

    /// <summary>Busy.</summary>
    EBUSY = -16,

    /// <summary>Already exists.</summary>
    EEXIST = -17,

    /// <summary>No such device.</summary>
    ENODEV = -19,

    /// <summary>Invalid argument.</summary>
    EINVAL = -22,

    /// <summary>Inappropriate ioctl.</summary>
    ENOTTY = -25,

    /// <summary>No space left.</summary>
    ENOSPC = -28,

    /// <summary>Resource deadlock: an endless wait that nothing can end.</summary>
    EDEADLK = -35,

    /// <summary>No data; internal: nothing to submit (BIND-209).</summary>
    ENODATA = -61,

    /// <summary>Timer expired.</summary>
    ETIME = -62,

    /// <summary>Link severed.</summary>
    ENOLINK = -67,

    /// <summary>Value too large; here: CPU addresses that wrap around.</summary>
    EOVERFLOW = -75,

    /// <summary>Protocol error.</summary>
    EPROTO = -71,

    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = -95,

    /// <summary>No buffer space.</summary>
    ENOBUFS = -105,

    /// <summary>Operation canceled.</summary>
    ECANCELED = -125,
}
