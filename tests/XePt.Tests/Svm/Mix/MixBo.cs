using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

/// <summary>A BO and its plain twin.</summary>
internal sealed class MixBo(XeBo bo, int pages, bool mayBeInVram)
{
    public XeBo Bo { get; } = bo;

    public PlainContent[] Pages { get; } = [.. Enumerable.Range(0, pages).Select(_ => new PlainContent())];

    public bool MayBeInVram => mayBeInVram;

    /// <summary>What was last said of atomics on it.</summary>
    public AtomicAccess Atomic { get; set; }
}
