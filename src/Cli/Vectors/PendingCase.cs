namespace XePt.Cli.Vectors;

/// <summary>A line of a vector file that is a case still to be read and run.</summary>
internal sealed class PendingCase(FileTally tally, VectorHeader header, int line, byte[] text)
{
    /// <summary>The cases of a file, in order. What cannot be read ends the file and is noted in its tally.</summary>
    public static IEnumerable<PendingCase> ReadAll(FileTally tally)
    {
        using LineReader? reader = Attempt(tally, line: 1, () => new LineReader(tally.Path));
        if (reader is null || Attempt(tally, line: 1, reader.ReadLine) is not { } first)
            yield break;

        VectorHeader? header = Attempt(tally, reader.Line, () => VectorText.Read(first, VectorHeader.ReadIfHeader));
        if (header is null)
            yield break;
        if (header == VectorHeader.None)
            yield return new PendingCase(tally, header, reader.Line, first);
        while (Attempt(tally, reader.Line + 1, reader.ReadLine) is { } text)
            yield return new PendingCase(tally, header, reader.Line, text);
    }

    /// <summary>Reads and runs the case, and adds the outcome to its file's tally.</summary>
    public void Run()
    {
        IVectorCase? read = Attempt(tally, line, () => VectorText.Read(text, element => VectorCases.Read(element, header)));
        if (read is not null && Attempt(tally, line, () => RunGuarded(read)) is { } result)
            tally.Add(line, result);
    }

    /// <summary>An engine that throws has failed the case; the others go on.</summary>
    private static CaseResult RunGuarded(IVectorCase read)
    {
        try
        {
            return read.Run();
        }
        catch (Exception thrown) when (thrown is not MalformedVectorException)
        {
            return CaseResult.Of(read.Name, new Difference("engine", "no exception", $"{thrown.GetType().Name}: {thrown.Message}"));
        }
    }

    private static T? Attempt<T>(FileTally tally, int line, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception bad) when (bad is MalformedVectorException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            tally.AddMalformed(line, VectorText.OneLine(bad.Message));
            return null;
        }
    }
}
