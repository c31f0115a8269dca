using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>A count of references to something that anybody may find who has none: at zero it is on its way back, and stays so.</summary>
internal static class ReferenceCount
{
    /// <summary>One more, unless the last one is gone. Any thread.</summary>
    /// <returns>False when it is: what was found must not be touched any more.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAdd(ref int references)
    {
        for (int seen = Volatile.Read(ref references); seen != 0; seen = Volatile.Read(ref references))
        {
            if (Interlocked.CompareExchange(ref references, seen + 1, seen) == seen)
                return true;
        }

        return false;
    }
}
