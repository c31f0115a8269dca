using System.Text;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Why the last call of this thread that failed did so. Calls that succeed do not touch it, as with errno.</summary>
internal static unsafe class Failure
{
    [ThreadStatic]
    private static Errno s_errno;

    [ThreadStatic]
    private static Rejection s_why;

    // Of what the driver does not know: a sentence of its own.
    [ThreadStatic]
    private static string? s_because;

    [ThreadStatic]
    private static byte[]? s_text;

    /// <summary>The result of a call: 0, or the errno of its reason, which is kept.</summary>
    public static int Of(in Rejection why) => why.IsRejected ? Keep(why.Errno, why, because: null) : 0;

    /// <summary>The result of a call that may have failed for a reason of the driver's.</summary>
    public static int Of(Errno errno, in Rejection why) => errno == Errno.Ok ? 0 : Keep(errno, why, because: null);

    /// <summary>The result of a call that has failed for a reason of the library's.</summary>
    public static int Of(Errno errno, string because) => errno == Errno.Ok ? 0 : Keep(errno, default, because);

    /// <summary>The result of a call that has thrown: nothing may be thrown into C.</summary>
    public static int Of(Exception thrown) => thrown switch
    {
        XeptException refused => Keep(refused.Errno, default, refused.Message),
        XeCallException refused => Keep(refused.Errno, refused.Rejection, because: null),
        ObjectDisposedException => Keep(Errno.ENODEV, default, "the device or client is being closed"),
        ArgumentException => Keep(Errno.EINVAL, default, thrown.Message),
        OperationCanceledException => Keep(Errno.EINTR, default, "interrupted"),
        OutOfMemoryException => Keep(Errno.ENOMEM, default, thrown.Message),
        InvalidOperationException => Keep(Errno.EDEADLK, default, thrown.Message),
        _ => Keep(Errno.EIO, default, $"{thrown.GetType().Name}: {thrown.Message}"),
    };

    /// <summary>Describes the last failure; the texts stay until this thread asks again.</summary>
    public static FailureInfo Describe()
    {
        var info = new FailureInfo { Error = (int)s_errno, Op = s_why.OpIndex, Sync = s_why.SyncIndex, Value = s_why.Value };
        string rule = s_why.RuleId ?? "", field = s_why.Field ?? "", sentence = s_why.IsRejected ? s_why.ToString() : Told();
        byte[] text = s_text = GC.AllocateUninitializedArray<byte>(
            Encoding.UTF8.GetByteCount(rule) + Encoding.UTF8.GetByteCount(field) + Encoding.UTF8.GetByteCount(sentence) + 3, pinned: true);
        int used = 0;
        info.Rule = Put(rule, text, ref used);
        info.Field = Put(field, text, ref used);
        info.Sentence = Put(sentence, text, ref used);
        return info;
    }

    private static string Told() => s_errno == Errno.Ok ? "" : $"-{s_errno}: {s_because}";

    private static int Keep(Errno errno, in Rejection why, string? because)
    {
        (s_errno, s_why, s_because) = (errno, why, because ?? "");
        return (int)errno;
    }

    private static byte* Put(string text, byte[] into, ref int used)
    {
        int start = used;
        used += Encoding.UTF8.GetBytes(text, into.AsSpan(used));
        into[used++] = 0;
        // SAFETY: the array is pinned, and kept by the thread.
        return (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref into[start]);
    }
}
