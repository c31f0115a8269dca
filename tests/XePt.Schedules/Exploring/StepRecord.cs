using System.Globalization;

namespace XePt.Schedules.Exploring;

/// <summary>A schedule as text, one line per step.</summary>
internal sealed class StepRecord
{
    private readonly List<string> _lines = [];
    private readonly Dictionary<object, int> _objects = new(ReferenceEqualityComparer.Instance);

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string line) => _lines.Add(line);

    /// <summary>A value: numbers in words of memory in hexadecimal, objects by the order in which they came.</summary>
    public string Text<T>(T value) => value switch
    {
        null => "null",
        ulong or long or nint => string.Format(CultureInfo.InvariantCulture, "0x{0:x}", value),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string or bool => value.ToString()!,
        _ => Name(value),
    };

    private string Name(object value)
    {
        if (!_objects.TryGetValue(value, out int number))
            _objects[value] = number = _objects.Count + 1;
        return $"{value.GetType().Name}#{number}";
    }
}
