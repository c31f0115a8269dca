using XePt.Cli.Input;

namespace XePt.Cli.Exec;

/// <summary>The libraries that stand in for a device: the one that is preloaded, with the engine beside it.</summary>
internal static class NodeLibrary
{
    /// <summary>The one that is preloaded.</summary>
    public const string Name = "libxept-rendernode.so";

    /// <summary>The recorder of calls.</summary>
    public const string Recorder = "libxept-record.so";

    /// <summary>Where the built libraries are, from the root of the repository.</summary>
    public const string Built = "artifacts/native/lib";

    private const string HowTo = "in a clone, gcc and this make it: dotnet publish src/Native -c Release --use-current-runtime -o "
        + "artifacts/native; then add --library artifacts/native/lib";

    // The engine, which the first one looks for beside itself.
    private const string Engine = "libxept.so.1";

    /// <summary>The folder with the libraries.</summary>
    /// <param name="named">What the command line says; null when it does not.</param>
    /// <param name="home">The folder that the tool runs from.</param>
    /// <param name="here">The working folder.</param>
    /// <exception cref="InputException">There is none.</exception>
    public static string Find(string? named, string home, string here)
    {
        string[] places = named is not null ? [named] : [home, Path.Combine(home, "..", "lib"), Path.Combine(here, Built)];
        string missing = named is not null ? $"has no {Name}"
            : $"is neither beside xept (a package has it for the kind of machine that it was packed on, with gcc) nor in {Built}";
        string folder = places.FirstOrDefault(place => File.Exists(Path.Combine(place, Name)))
            ?? throw new InputException(named ?? Name, 0, $"{missing}; {HowTo}");
        return Path.GetFullPath(folder);
    }

    /// <summary>Makes the libraries be found in a folder whose path the loader understands: in that of the preloaded ones it takes blanks
    /// and colons for the ends of names.</summary>
    /// <exception cref="InputException">It does not understand this one either.</exception>
    public static void Link(string from, string into)
    {
        if (into.AsSpan().ContainsAny(' ', ':'))
            throw new InputException(into, 0, "has a blank or a colon, which the loader does not understand: set TMPDIR to another folder");
        foreach (string name in new[] { Name, Recorder, Engine })
            File.CreateSymbolicLink(Path.Combine(into, name), Path.Combine(from, name));
    }
}
