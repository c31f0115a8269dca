using XePt.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Calls;

/// <summary>What validation needs of the client: its handles and what it and its device were made with.</summary>
internal sealed class BindClient(
    HandleTable<BufferObject> bos, HandleTable<SyncObject> syncobjs, IUserMemory memory, XeProfile profile, FailureInjector failures)
{
    /// <summary>BO handles.</summary>
    public HandleTable<BufferObject> Bos { get; } = bos;

    /// <summary>Syncobj handles.</summary>
    public HandleTable<SyncObject> Syncobjs { get; } = syncobjs;

    /// <summary>The client's memory.</summary>
    public IUserMemory Memory { get; } = memory;

    public XeProfile Profile { get; } = profile;

    /// <summary>What is to fail although it need not.</summary>
    public FailureInjector Failures { get; } = failures;
}
