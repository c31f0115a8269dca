using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Why the pages of a range cannot be collected, by what the process has there (SVM-092, SVM-096).</summary>
internal static class PageErrors
{
    /// <summary>The errno of the first page that cannot be collected, or null when all can be.</summary>
    public static Errno? Of(StepView view)
    {
        if (view.Vma is not { IsMirror: true } vma || view.Range is not { } range)
            return null;
        JsonElement[] mappings = StepView.Records(view.Found("cpu")), pages = StepView.Records(view.Found("pg"));
        bool hasSystemPage = false;
        for (ulong page = range.Start; page < range.End; page += XeLimits.PageSize)
        {
            bool isOnDevice = view.HasTarget && IsOnDevice(pages, page);
            hasSystemPage |= !isOnDevice;
            string protection = ProtectionOf(mappings, page);
            if (protection == "none")
                return Errno.EFAULT;
            if (protection == "r" && !vma.IsReadOnly && !isOnDevice)
                return Errno.EPERM;
        }

        return view.NeedsVram && hasSystemPage ? Errno.EFAULT : null;
    }

    private static string ProtectionOf(JsonElement[] mappings, ulong page)
    {
        JsonElement mapping = mappings.FirstOrDefault(item => IsIn(page, item[0].ToUInt64("cpu"), item[1].ToUInt64("cpu")));
        return mapping.ValueKind == JsonValueKind.Undefined || mapping[3].ToText("cpu") == "io" ? "none" : mapping[2].ToText("cpu");
    }

    private static bool IsOnDevice(JsonElement[] pages, ulong page) => pages.Any(run => run[2].ToText("pg") == "d"
        && IsIn(page, run[0].ToUInt64("pg"), run[0].ToUInt64("pg") + (run[1].ToUInt64("pg") * XeLimits.PageSize)));

    private static bool IsIn(ulong page, ulong start, ulong end) => start <= page && page < end;
}
