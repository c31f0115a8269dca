using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>A VMA of an expected list; what is null is not compared.</summary>
internal sealed record ExpectedVma(
    ulong Start, ulong End, string Kind, string? Bo, ulong? Offset, string? Flags, int? PatIndex, string? PageSizes, bool? Present)
{
    public static ExpectedVma Read(JsonElement value)
    {
        var fields = new JsonFields(value, "vmas");
        var vma = new ExpectedVma(
            fields.Take("start").ToUInt64("start"),
            fields.Take("end").ToUInt64("end"),
            fields.Take("kind").ToText("kind"),
            fields.TakeText("bo"),
            fields.TryTake("offset", out JsonElement offset) ? offset.ToUInt64("offset") : null,
            fields.TryTake("flags", out JsonElement flags) ? ReadFlags(flags.ToText("flags")) : null,
            fields.TryTake("pat_index", out JsonElement pat) ? pat.ToInt32("pat_index") : null,
            fields.TakeText("page_sizes") ?? fields.TakeText("pages"),
            fields.TryTake("present", out JsonElement present) ? present.ToBool("present") : null);
        fields.End();
        return vma;
    }

    /// <summary>Adds how two lists differ: the first VMA that does, or their lengths.</summary>
    public static void Compare(IReadOnlyList<ExpectedVma> expected, IReadOnlyList<VmaState> actual, List<string> differences)
    {
        for (int i = 0; i < Math.Min(expected.Count, actual.Count); i++)
        {
            if (expected[i].Matches(actual[i]))
                continue;
            differences.Add($"VMA {i}: expected {expected[i].Describe()}, got {VmaText.Of(actual[i])}");
            return;
        }

        if (expected.Count != actual.Count)
            differences.Add($"expected {Count.Of(expected.Count, "VMA")}, got {actual.Count}");
    }

    private bool Matches(VmaState vma) =>
        Start == vma.Start && End == vma.End && Kind == vma.Kind
        && (Bo ?? vma.Bo) == vma.Bo
        && (Offset ?? vma.Offset) == vma.Offset
        && (Flags ?? vma.Flags) == vma.Flags
        && (PatIndex ?? vma.PatIndex) == vma.PatIndex
        && (PageSizes ?? vma.PageSizes) == vma.PageSizes
        && (Present ?? vma.Present != 0) == (vma.Present != 0);

    /// <summary>In the order and spelling that states use.</summary>
    private static string ReadFlags(string text) => VmBindFlagsTable.TryParse(text, out VmBindFlags flags)
        ? CallText.Of(flags)
        : throw new MalformedRecordException($"'flags': unknown name or number in \"{text}\"");

    private string Describe()
    {
        string?[] parts =
        [
            $"{CallText.Interval(Start, End)} {Kind}",
            Bo,
            Offset is null ? null : $"offset=0x{Offset:x}",
            Flags is null ? null : $"flags={Flags}",
            PatIndex is null ? null : $"pat_index={PatIndex}",
            PageSizes is null ? null : $"page_sizes={PageSizes}",
            Present is null ? null : $"present={(Present.Value ? "true" : "false")}",
        ];
        return string.Join(' ', parts.Where(part => part is not null));
    }
}
