namespace XePt.Cli.Import;

/// <summary>What the descriptors of the processes of a log lead to: open devices, and what clients have exported. Several descriptors, of
/// several processes, may lead to one thing, which goes away with the last.</summary>
internal sealed class Descriptors
{
    private readonly Dictionary<(string Process, int Fd), Thing> _things = [];
    private readonly HashSet<string> _children = [];
    private int _exported;

    /// <summary>Something that descriptors lead to.</summary>
    /// <param name="File">The open device, or null.</param>
    /// <param name="Name">What was exported, by its name in the trace.</param>
    internal sealed record Thing(string? File, string Name)
    {
        public int References { get; set; }
    }

    /// <summary>What a descriptor leads to, or null.</summary>
    public Thing? Find(string process, int fd) => _things.GetValueOrDefault((process, fd));

    /// <summary>A descriptor leads to an open device.</summary>
    public void SetFile(string process, int fd, string file)
    {
        if (Find(process, fd)?.File == file)
            return;
        Close(process, fd);
        Thing known = _things.Values.FirstOrDefault(thing => thing.File == file) ?? new Thing(file, "");
        Set(process, fd, known);
    }

    /// <summary>A descriptor leads to something new that was exported.</summary>
    /// <returns>Its name.</returns>
    public string Export(string process, int fd)
    {
        Close(process, fd);
        var thing = new Thing(null, $"fd{++_exported}");
        Set(process, fd, thing);
        return thing.Name;
    }

    /// <summary>Another descriptor leads to the same.</summary>
    /// <returns>What is gone because the other one led there alone.</returns>
    public Thing? Dup(string process, int fd, int other)
    {
        if (Find(process, fd) is not { } thing || fd == other)
            return null;
        Thing? gone = Close(process, other);
        Set(process, other, thing);
        return gone;
    }

    /// <summary>A process has the descriptors of another.</summary>
    public void Fork(string process, string child)
    {
        _children.Add(child);
        foreach (((string of, int fd), Thing thing) in _things.Where(entry => entry.Key.Process == process).ToArray())
            Set(child, fd, thing);
    }

    /// <summary>A descriptor is closed.</summary>
    /// <returns>What no descriptor leads to any more.</returns>
    public Thing? Close(string process, int fd) =>
        _things.Remove((process, fd), out Thing? thing) && --thing.References == 0 ? thing : null;

    /// <summary>A process that another made ends. What the first process has open stays, as a look at the end of the trace wants to see
    /// it.</summary>
    /// <returns>What no descriptor leads to any more.</returns>
    public IReadOnlyList<Thing> Exit(string process) => !_children.Contains(process) ? []
        : [.. _things.Keys.Where(key => key.Process == process).ToArray().Select(key => Close(process, key.Fd)).OfType<Thing>()];

    private void Set(string process, int fd, Thing thing)
    {
        _things[(process, fd)] = thing;
        thing.References++;
    }
}
