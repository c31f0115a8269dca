using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>What a handle stands for.</summary>
internal enum HandleKind
{
    /// <summary>A VM id.</summary>
    Vm,

    /// <summary>A GEM handle.</summary>
    Bo,

    /// <summary>A sync object.</summary>
    Syncobj,

    /// <summary>An exec queue.</summary>
    Queue,

    /// <summary>A file descriptor, which is the process's and not a client's.</summary>
    Descriptor,
}

/// <summary>The names that a trace gives to handles with <c>"as"</c>. A name stands for what the last record gave it to.</summary>
internal sealed class HandleNames
{
    private readonly Dictionary<string, (HandleKind Kind, uint Handle)> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(HandleKind Kind, uint Handle), string> _latest = [];

    /// <summary>The handle that was named last, or would have been had the record a name for it.</summary>
    public uint Made { get; set; }

    /// <summary>The names of file descriptors, which are the process's.</summary>
    public HandleNames? Descriptors { get; init; }

    /// <summary>Whether a text is a name: letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, beginning with a letter.</summary>
    public static bool IsName(string text) => text.Length > 0 && char.IsAsciiLetter(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    /// <summary>Takes the name that a record gives to what it makes, if any.</summary>
    public static string? Take(JsonFields fields)
    {
        string? name = fields.TakeText("as");
        return name is null || IsName(name)
            ? name
            : throw new MalformedRecordException($"'as': \"{name}\" is no name: a letter, then letters, digits, '_', '-' and '.'");
    }

    /// <summary>Takes the name that a record gives to what it makes, with <c>as</c> or in the field that the number comes back
    /// in.</summary>
    public static string? Take(JsonFields fields, string field)
    {
        if (!fields.TryPeek(field, out JsonElement value) || value.ValueKind != JsonValueKind.String || !IsName(value.GetString()!))
            return Take(fields);
        string? name = fields.TakeText(field);
        return fields.Has("as") ? throw new MalformedRecordException($"'as' and '{field}' both name what is made") : name;
    }

    /// <summary>Gives a new handle its name, if the record has one; 0 when the call that should have made it failed, as in the client's own
    /// variable.</summary>
    public void Set(string? name, HandleKind kind, uint handle)
    {
        // A number is used again after its object is gone, and then has nothing to do with its old name.
        _latest.Remove((kind, handle));
        Made = handle;
        if (name is null)
            return;
        _names[name] = (kind, handle);
        if (handle != 0)
            _latest[(kind, handle)] = name;
    }

    /// <summary>The name that the record which made a handle gave it, or null.</summary>
    public string? NameOf(HandleKind kind, uint handle) => _latest.GetValueOrDefault((kind, handle));

    /// <summary>The handle behind a name, of whatever kind, or null.</summary>
    public uint? Find(string name) => _names.TryGetValue(name, out var found) ? found.Handle : null;

    /// <summary>A handle with its name, if it has one: <c>3 (render)</c>.</summary>
    public string Describe(HandleKind kind, uint handle) => NameOf(kind, handle) is { } name ? $"{handle} ({name})" : $"{handle}";

    /// <summary>The handle behind a name.</summary>
    public uint Resolve(string name, HandleKind kind)
    {
        if (kind == HandleKind.Descriptor && Descriptors is not null)
            return Descriptors.Resolve(name, kind);
        if (!_names.TryGetValue(name, out var found))
            throw new MalformedRecordException($"no record before this one is called \"{name}\"{NearestName.Hint(name, NamesOf(kind))}");
        return found.Kind == kind
            ? found.Handle : throw new MalformedRecordException($"\"{name}\" is {Text(found.Kind)}, not {Text(kind)}");
    }

    private IEnumerable<string> NamesOf(HandleKind kind) => _names.Where(named => named.Value.Kind == kind).Select(named => named.Key);

    private static string Text(HandleKind kind) => kind switch
    {
        HandleKind.Vm => "a VM",
        HandleKind.Bo => "a BO",
        HandleKind.Queue => "an exec queue",
        HandleKind.Descriptor => "a file descriptor",
        _ => "a syncobj",
    };
}
