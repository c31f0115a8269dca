using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Extension chains, which lie in the client's memory (specification 01 section 3).
public sealed partial class XeFile
{
    /// <summary>Walks the chain of GEM_CREATE, whose object exists by then (UAPI-004 to UAPI-007, BIND-035).</summary>
    private Rejection ApplyGemExtensions(ulong first)
    {
        int links = 0;
        for (ulong at = first; at != 0;)
        {
            if (links++ == XeLimits.MaxExtensionLinks)
                return Refusals.ExtensionChainIsTooLong(at);
            if (!TryRead(at, out DrmXeUserExtension link))
                return Refusals.ExtensionIsUnreadable(at);

            Rejection why = GemCreateExtensionChecks.Validate(link);
            if (!why.IsRejected)
                why = ApplyGemProperty(at);
            if (why.IsRejected)
                return why;
            at = link.NextExtension;
        }

        return default;
    }

    /// <summary>SET_PROPERTY reads its link once more, as a whole. What it may ask for changes nothing on a device without protected content.</summary>
    private Rejection ApplyGemProperty(ulong at) => TryRead(at, out DrmXeExtSetProperty property)
        ? GemCreatePropertyChecks.Validate(property, DeviceFacts)
        : Refusals.ExtensionPropertyIsUnreadable(at);

    private bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return UserMemory.TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }
}
