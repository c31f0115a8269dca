using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// A stack that is only ever pushed to and taken whole: a head, and a link in each item, of which the caller hands in references. Items are
/// objects or addresses of native blocks; no item, null or 0, is the end.
/// </summary>
/// <remarks>
/// Concurrency: any thread pushes, any thread takes, without lock. A pusher owns what it pushes until the exchange of the head, which is a
/// full barrier, so whoever takes the items sees their links and all that was written before. Nothing is taken from the stack one by one:
/// no link of an item that another thread owns is ever followed, and an item that is on top a second time with others below it does no
/// harm, because the exchange promises nothing but that the head is what the link says (no ABA). For stacks that pop single items this is
/// not enough; they need a gate (<c>SharedPool</c>) or a count of changes beside the head (<see cref="PageTablePool"/>).
/// </remarks>
internal static class PushStack
{
    /// <summary>Pushes an object.</summary>
    /// <param name="head">The newest object.</param>
    /// <param name="item">The object.</param>
    /// <param name="link">Its link.</param>
    public static void Push<T>(ref T? head, T item, ref T? link)
        where T : class => Push(ref head, Volatile.Read(ref head), item, ref link);

    /// <summary>Pushes a chain of blocks.</summary>
    /// <param name="head">The newest block.</param>
    /// <param name="first">The first of the chain.</param>
    /// <param name="lastLink">The link of its last.</param>
    public static void Push(ref nint head, nint first, ref nint lastLink) => Push(ref head, Volatile.Read(ref head), first, ref lastLink);

    /// <summary>Takes all objects, newest first; null when there is none, and then nothing is written.</summary>
    public static T? TakeAll<T>(ref T? head)
        where T : class => Volatile.Read(ref head) is null ? null : Interlocked.Exchange(ref head, null);

    /// <summary>Takes all blocks, newest first; 0 when there is none, and then nothing is written.</summary>
    public static nint TakeAll(ref nint head) => Volatile.Read(ref head) == 0 ? 0 : Interlocked.Exchange(ref head, 0);

    private static void Push<T>(ref T head, T seen, T first, ref T lastLink)
    {
        while (true)
        {
            lastLink = seen;
            T found = Interlocked.CompareExchange(ref head, first, seen);
            if (AreSame(found, seen))
                return;
            seen = found;
        }
    }

    /// <summary>As the exchange compares: it is decided while compiling, and nothing is called.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreSame<T>(T left, T right) =>
        typeof(T).IsValueType ? EqualityComparer<T>.Default.Equals(left, right) : ReferenceEquals(left, right);
}
