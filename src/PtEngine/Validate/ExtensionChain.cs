using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Validate;

/// <summary>What a call does with the links of its extension chain.</summary>
internal interface IExtensions
{
    /// <summary>Judges the head of a link: its pad and its name.</summary>
    Rejection Check(in DrmXeUserExtension link);

    /// <summary>Does what a link asks for.</summary>
    /// <param name="name">Its name, which has passed.</param>
    /// <param name="at">Its address.</param>
    Rejection Apply(uint name, ulong at);
}

/// <summary>The walk of an extension chain, which lies in the client's memory (UAPI-004 to UAPI-006).</summary>
internal static class ExtensionChain
{
    /// <summary>Applies the links of a chain, up to the first that is refused. What the ones before it have done is the caller's to take
    /// back.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="first">Address of the first link, or 0.</param>
    /// <param name="extensions">What the call does with them.</param>
    public static Rejection Apply<T>(IUserMemory memory, ulong first, ref T extensions)
        where T : struct, IExtensions
    {
        int links = 0;
        for (ulong at = first; at != 0;)
        {
            // A circle is a chain that is too long.
            if (links++ == XeLimits.MaxExtensionLinks)
                return Refusals.ExtensionChainIsTooLong(at);
            if (!TryRead(memory, at, out DrmXeUserExtension link))
                return Refusals.ExtensionIsUnreadable(at);

            Rejection why = extensions.Check(link);
            if (!why.IsRejected)
                why = extensions.Apply(link.Name, at);
            if (why.IsRejected)
                return why;
            at = link.NextExtension;
        }

        return default;
    }

    /// <summary>Reads a link or a part of one.</summary>
    public static bool TryRead<T>(IUserMemory memory, ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return memory.TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }
}
