using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;
using XePt.Validate;

namespace XePt;

/// <summary>The extensions of GEM_CREATE, whose object exists by then (UAPI-007, BIND-035).</summary>
internal readonly partial struct GemCreateExtensions(IUserMemory memory, DeviceCheckContext device) : IExtensions
{
    public Rejection Check(in DrmXeUserExtension link) => GemCreateExtensionChecks.Validate(link);

    public Rejection Apply(uint name, ulong at) => ApplyOne((GemCreateExtension)name, at);

    [OpDispatch]
    private partial Rejection ApplyOne(GemCreateExtension extension, ulong at);

    /// <summary>Reads its link once more, as a whole. What it may ask for changes nothing on a device without protected content.</summary>
    [HandlesOp(GemCreateExtension.SetProperty)]
    private Rejection SetProperty(ulong at) => ExtensionChain.TryRead(memory, at, out DrmXeExtSetProperty property)
        ? GemCreatePropertyChecks.Validate(property, device)
        : Refusals.ExtensionPropertyIsUnreadable(at);
}
