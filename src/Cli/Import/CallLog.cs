using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using XePt.Cli.Input;

namespace XePt.Cli.Import;

/// <summary>Reads what <c>xerecord</c> has written: lines as strace writes them, with the contents of memory behind the result. Of strace's
/// own output everything but the ioctls can be used, because strace shows only the addresses of their structs.</summary>
internal static partial class CallLog
{
    private const uint DrmType = 'd';

    /// <summary>The calls on DRM files, what became of descriptors, and what changed of memory, in order.</summary>
    public static IReadOnlyList<RecordedCall> Read(string path)
    {
        var calls = new List<RecordedCall>();
        using LineReader reader = LineReader.Open(path);
        while (reader.TryRead(out ReadOnlyMemory<byte> bytes))
        {
            string line = Encoding.UTF8.GetString(bytes.Span);
            if (Ioctl().Match(line) is { Success: true } ioctl)
                calls.AddRange(Parse(ioctl, reader));
            else if (MemoryChange.Parse(line, out string process) is { } change)
                calls.Add(new RecordedCall(reader.LineNumber, process, RecordedKind.Memory) { Change = change });
            else if (Other().Match(line) is { Success: true } other)
                calls.Add(ParseOther(other, reader.LineNumber));
        }

        return calls;
    }

    // 1234 ioctl(5</dev/dri/renderD128#1>, 0xc0206443, 0x7ffd12345678) = -1 errno=22 in=00 out=00 mem@0x55=00
    [GeneratedRegex(
        @"^(?:\[pid +)?(?<pid>\d+)?\]? *ioctl\((?<fd>0x[0-9a-f]+|\d+)(?:<(?<path>[^>#]*?)(?:\#(?<file>[\d.]+))?>)?, "
        + @"(?<request>.+?), [^,()]*\) += (?<result>-?\d+)(?: errno=(?<errno>\d+))?(?<rest>.*)$")]
    private static partial Regex Ioctl();

    // 1234 open("/dev/dri/renderD128") = 5<#1234.1>, close(5<#1234.1>) = 0, dup(7) = 9, fork() = 1240, exit() = ?
    [GeneratedRegex(
        @"^(?:\[pid +)?(?<pid>\d+)?\]? *(?<call>open|close|dup|fork|exit)\((?:""(?<path>[^""]*)""|(?<fd>\d+)(?:<[^>]*>)?)?\) += "
        + @"(?<made>\d+|\?)(?:<\#(?<file>[\d.]+)>)?")]
    private static partial Regex Other();

    [GeneratedRegex(@" (?<name>in|out|mem@0x(?<at>[0-9a-f]+))=(?<bytes>[0-9a-f]*)")]
    private static partial Regex Contents();

    private static IEnumerable<RecordedCall> Parse(Match ioctl, LineReader reader)
    {
        if (!TryRequest(ioctl.Groups["request"].Value, out uint request))
            yield break;

        byte[]? before = null, after = null;
        var memory = new Dictionary<ulong, byte[]>();
        foreach (Match part in Contents().Matches(ioctl.Groups["rest"].Value))
        {
            byte[] bytes = BytesOf(part.Groups["bytes"].Value, reader);
            if (part.Groups["at"].Success)
                memory[Hex(part.Groups["at"].Value)] = bytes;
            else if (part.Groups["name"].Value == "in")
                before = bytes;
            else
                after = bytes;
        }

        if (before is null)
            throw new InputException(
                reader.Name, reader.LineNumber,
                "the contents of the struct are missing: strace shows only the addresses of structs of this driver; "
                + "record with the library that xept import --recorder prints");
        if (before.Length != (int)((request >> 16) & 0x3fff) || (after is not null && after.Length != before.Length))
            throw new InputException(reader.Name, reader.LineNumber, $"the struct of request 0x{request:x} is cut off");

        string fd = ioctl.Groups["fd"].Value;
        yield return new RecordedCall(reader.LineNumber, ioctl.Groups["pid"].Value, RecordedKind.Ioctl)
        {
            Descriptor = fd.StartsWith("0x", StringComparison.Ordinal) ? (int)Hex(fd[2..]) : DescriptorOf(fd),
            File = FileOf(ioctl) ?? $"{ioctl.Groups["pid"].Value}:{fd}",
            Path = ioctl.Groups["path"].Value,
            Request = request,
            Errno = ErrnoOf(ioctl),
            In = before,
            Out = after ?? before,
            Memory = memory,
        };
    }

    private static int ErrnoOf(Match ioctl) =>
        ioctl.Groups["result"].Value[0] != '-' ? 0 : int.TryParse(ioctl.Groups["errno"].Value, out int errno) ? -errno : -1;

    private static RecordedCall ParseOther(Match other, int line) =>
        new(line, other.Groups["pid"].Value, Enum.Parse<RecordedKind>(other.Groups["call"].Value, ignoreCase: true))
        {
            Descriptor = DescriptorOf(other.Groups[other.Groups["call"].Value == "open" ? "made" : "fd"].Value),
            File = FileOf(other),
            Path = other.Groups["path"].Value,
            Made = other.Groups["made"].Value,
        };

    /// <summary>Numbers of files are of all processes, or of one when nothing is before the point.</summary>
    private static string? FileOf(Match call) => call.Groups["file"] is not { Success: true, Value: var file } ? null
        : file.Contains('.', StringComparison.Ordinal) ? file : $"{call.Groups["pid"].Value}:#{file}";

    private static int DescriptorOf(string digits) => int.TryParse(digits, CultureInfo.InvariantCulture, out int fd) ? fd : -1;

    /// <summary>A request of DRM, as a number, by strace's name of the core's, or taken apart as strace takes others; false for
    /// another.</summary>
    private static bool TryRequest(string text, out uint request)
    {
        request = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out request)
                && ((request >> 8) & 0xff) == DrmType;
        return text.StartsWith("DRM_", StringComparison.Ordinal) || text.Contains(", 0x64, ", StringComparison.Ordinal);
    }

    private static byte[] BytesOf(string digits, LineReader reader) => digits.Length % 2 == 0
        ? Convert.FromHexString(digits)
        : throw new InputException(reader.Name, reader.LineNumber, "half a byte: the line is cut off");

    private static ulong Hex(string digits) =>
        ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : ulong.MaxValue;
}
