using System.Globalization;
using System.Text.RegularExpressions;

namespace XePt.Tests.Uapi;

/// <summary>Reads the tables of <c>docs/spec/01-uapi.md</c>, those of <c>docs/drm-core.md</c> for what belongs to the DRM core, and those
/// of <c>docs/uapi-rest.md</c> for what the specification only names.</summary>
internal static partial class SpecificationTables
{
    /// <summary>A field row: C name without array brackets, offset, size (0 for a flexible array).</summary>
    public sealed record Field(string Name, int Offset, int Size);

    /// <summary>A struct section.</summary>
    public sealed record Struct(string Name, int Size, IReadOnlyList<Field> Fields);

    /// <summary>A row of the request-code table.</summary>
    public sealed record Ioctl(string Name, uint Number, bool CopiesBack, int Size, uint Code, string Argument);

    private static readonly string[] Lines =
    [
        .. File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "spec", "01-uapi.md")),
        .. File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "drm-core.md")),
        .. File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "uapi-rest.md")),
    ];

    /// <summary>Every table row of the documents as cells, without the code marks around a cell.</summary>
    public static IEnumerable<string[]> Rows => Lines.Select(Cells);

    /// <summary>Every <c>### `drm_…` (N bytes)</c> section.</summary>
    public static IReadOnlyList<Struct> Structs { get; } = ReadStructs().ToList();

    /// <summary>The driver's table of section 1.</summary>
    public static IReadOnlyList<Ioctl> Ioctls { get; } = [.. ReadIoctls().Where(ioctl => IsOfDriver(ioctl.Name))];

    /// <summary>The core's table of section 1.</summary>
    public static IReadOnlyList<Ioctl> CoreIoctls { get; } = [.. ReadIoctls().Where(ioctl => !IsOfDriver(ioctl.Name))];

    /// <summary>Every table row that gives a <c>DRM_…</c> name a single number, in whichever order the two columns come.</summary>
    public static IReadOnlyDictionary<string, ulong> Constants { get; } = ReadConstants();

    private static IEnumerable<Struct> ReadStructs()
    {
        for (var line = 0; line < Lines.Length; line++)
        {
            if (StructHeading().Match(Lines[line]) is not { Success: true } heading)
                continue;
            var fields = TableAfter(line).Select(ReadField).ToList();
            yield return new Struct(heading.Groups[1].Value, (int)Number(heading.Groups[2].Value), fields);
        }
    }

    /// <summary>The rows of the next table, without its heading and the rule below it.</summary>
    private static IEnumerable<string[]> TableAfter(int line) => Lines
        .Skip(line + 1)
        .SkipWhile(text => !text.StartsWith('|'))
        .TakeWhile(text => text.StartsWith('|'))
        .Skip(2)
        .Select(Cells);

    private static bool IsOfDriver(string name) => name.StartsWith("DRM_IOCTL_XE_", StringComparison.Ordinal);

    private static IEnumerable<Ioctl> ReadIoctls() => Lines
        .Select(Cells)
        .Where(cells => cells is [var name, ..] && name.StartsWith("DRM_IOCTL_", StringComparison.Ordinal))
        .Select(ReadIoctl);

    private static Ioctl ReadIoctl(string[] cells) =>
        new(cells[0], (uint)Number(cells[1]), cells[2] == "RW", (int)Number(cells[3]), (uint)Number(cells[4]), cells[5]);

    private static Field ReadField(string[] cells) =>
        new(cells[0].Split('[')[0], (int)Number(cells[2]), cells[3] == "flexible" ? 0 : (int)Number(cells[3]));

    private static Dictionary<string, ulong> ReadConstants()
    {
        var constants = new Dictionary<string, ulong>();
        foreach (var cells in Lines.Select(Cells).Where(cells => cells.Length >= 2))
        {
            if (ConstantName().Match(cells[0]) is { Success: true } first && Value().Match(cells[1]) is { Success: true } after)
                constants[first.Groups[1].Value] = Shifted(after);
            else if (ConstantName().Match(cells[1]) is { Success: true } second && Value().Match(cells[0]) is { Success: true } before)
                constants[second.Groups[1].Value] = Shifted(before);
        }

        return constants;
    }

    private static ulong Shifted(Match value) =>
        value.Groups["shift"] is { Success: true } shift
            ? 1ul << int.Parse(shift.Value, CultureInfo.InvariantCulture)
            : Number(value.Groups["plain"].Value);

    private static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : unchecked((ulong)long.Parse(text, CultureInfo.InvariantCulture));

    private static string[] Cells(string line) =>
        line.StartsWith('|') ? line.Trim().Trim('|').Split('|').Select(cell => cell.Trim().Trim('`')).ToArray() : [];

    [GeneratedRegex(@"^### `(drm_\w+)` \((\d+) bytes\)$")]
    private static partial Regex StructHeading();

    /// <summary>One C name that is no request code, perhaps with a remark behind it.</summary>
    [GeneratedRegex(@"^((?:DRM_(?!IOCTL_)|CLOCK_|XE_QUERY_)[A-Z0-9_]+)(?:`.*)?$")]
    private static partial Regex ConstantName();

    /// <summary>A number or a shift, perhaps emphasised, perhaps with a remark behind it.</summary>
    [GeneratedRegex(@"^\**(?:1<<(?<shift>\d+)|(?<plain>-?\d+|0x[0-9a-f]+))\**(?: \(.*)?$")]
    private static partial Regex Value();
}
