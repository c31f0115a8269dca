using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Vectors.Binds;
using XePt.Cli.Vectors.Checks;
using XePt.Cli.Vectors.Encode;
using XePt.Cli.Vectors.Split;
using XePt.Cli.Vectors.Svm;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors;

/// <summary>Tells the kinds of cases apart by their fields.</summary>
internal static class VectorCases
{
    /// <summary>Reads the case on a line, whatever its kind.</summary>
    public static IVectorCase Read(JsonElement line, VectorHeader header)
    {
        if (line.ValueKind != JsonValueKind.Object)
            throw new MalformedRecordException($"{JsonValues.Quote(line)} is not an object");
        if (VectorHeader.IsHeader(line))
            throw new MalformedRecordException("a config record is only allowed on the first line");
        if (header.Svm is { } file)
            return file == SvmFileKind.Args ? SvmArgsCase.Read(line, RequirePat(header)) : SvmCase.Read(line, file, header.SvmPat);
        if (line.TryGetProperty("steps", out _))
            return BindCase.Read(line, header.Single);
        if (line.TryGetProperty("fn", out _))
            return EncodeCase.Read(line, header.ConfigOf(line));
        if (line.TryGetProperty("space", out _))
            return SplitCase.Read(line);
        if (line.TryGetProperty("binds", out _))
            return CheckArgsCase.Read(line, header.ConfigOf(line));
        if (line.TryGetProperty("bo", out _))
            return ValidateBoCase.Read(line, header.ConfigOf(line));
        throw new MalformedRecordException("not a case of any known kind");
    }

    private static PatTable RequirePat(VectorHeader header) =>
        header.SvmPat ?? throw new MalformedRecordException("the file's first record has no 'pat'");
}
