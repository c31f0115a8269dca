using XePt.Cli.Input;

namespace XePt.Cli.Console;

/// <summary>A file that a verb was asked to write.</summary>
internal static class OutputFile
{
    /// <summary>Writes it anew.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public static void Write(string file, Action<FileStream> write)
    {
        using FileStream stream = Open(file);
        try
        {
            write(stream);
        }
        catch (IOException)
        {
            throw Unwritable(file);
        }
    }

    /// <summary>Opens it for writing, and for reading what was written.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public static FileStream Open(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Create, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unwritable(file);
        }
    }

    /// <summary>A file for what memory may have no room for; gone when it is closed.</summary>
    public static FileStream Temporary() => new(Path.GetTempFileName(), new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.ReadWrite,
        Options = FileOptions.DeleteOnClose,
    });

    private static InputException Unwritable(string file) => new(file, 0, "cannot be written");
}
