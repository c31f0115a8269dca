using XePt.Host;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Which pages may be mapped together (SVM-095, SVM-096, UPTR-008).</summary>
internal static class PageMix
{
    /// <summary>Looks at the pages in their order.</summary>
    /// <param name="runs">The pages.</param>
    /// <param name="demand">What they are for.</param>
    /// <param name="pagemap">Number of the pagemap of the device pages, or 0.</param>
    /// <returns>Ok, -EOPNOTSUPP or -EFAULT.</returns>
    public static Errno Check(ReadOnlySpan<CpuPageRun> runs, in PageDemand demand, out int pagemap)
    {
        pagemap = 0;
        SvmBlock? last = null;
        for (int i = 0; i < runs.Length; i++)
        {
            if (runs[i].Kind == CpuPageKind.Device)
            {
                if (runs[i].Block is not SvmBlock block || (i > 0 && block.Pagemap.Number != pagemap)
                    || (i > 0 && !demand.MayMix && !ReferenceEquals(block, last)))
                    return Errno.EOPNOTSUPP;
                (last, pagemap) = (block, block.Pagemap.Number);
                continue;
            }

            if (pagemap != 0 && !demand.MayMix)
                return Errno.EOPNOTSUPP;
            if (demand.OnlyDevice)
                return Errno.EFAULT;
        }

        return Errno.Ok;
    }
}
