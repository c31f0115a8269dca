using XePt.Cli.Input;

namespace XePt.Cli.Vectors;

/// <summary>A line of a vector file that is a case still to be read and run.</summary>
internal sealed class PendingCase(FileTally tally, VectorHeader header, int line, ReadOnlyMemory<byte> text)
{
    /// <summary>Reads and runs the case, and adds the outcome to its file's tally.</summary>
    public void Run()
    {
        try
        {
            IVectorCase read = JsonText.Read(text, element => VectorCases.Read(element, header));
            tally.Add(line, RunGuarded(read));
        }
        catch (MalformedRecordException malformed)
        {
            tally.Add(new InputException(tally.Path, line, malformed.Message));
        }
    }

    /// <summary>An engine that throws has failed the case; the others go on.</summary>
    private static CaseResult RunGuarded(IVectorCase read)
    {
        try
        {
            return read.Run();
        }
        catch (Exception thrown) when (thrown is not MalformedRecordException)
        {
            return CaseResult.Of(read.Name, new Difference("engine", "no exception", $"{thrown.GetType().Name}: {thrown.Message}"));
        }
    }
}
