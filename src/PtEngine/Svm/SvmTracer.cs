using XePt.Gpuva;

namespace XePt.Svm;

/// <summary>Sees what is done with the ranges of a VM, in order: for tools and tests. None is there unless somebody sets one.</summary>
internal abstract class SvmTracer
{
    /// <summary>A range is bound on some tiles, with the attributes of its mirror.</summary>
    public abstract void Bound(in SvmRange range, uint tiles, in Vma mirror);

    /// <summary>A range is about to be unbound.</summary>
    public abstract void Unbinding(in SvmRange range);
}
