namespace XePt.Cli.Traces.Fields;

/// <summary>What a call gave back in a field of the uAPI.</summary>
internal abstract record FieldValue;

/// <summary>A number.</summary>
/// <param name="Number">The number.</param>
/// <param name="Names">Names of its values, or null when they have none.</param>
/// <param name="IsWide">The field has 64 bits.</param>
internal sealed record NumberField(ulong Number, FieldNames? Names = null, bool IsWide = false) : FieldValue;

/// <summary>A mask of up to 128 bits.</summary>
internal sealed record MaskField(UInt128 Mask) : FieldValue;

/// <summary>An array.</summary>
/// <param name="Items">Its elements.</param>
/// <param name="Names">What the C header calls the indices, or none.</param>
internal sealed record ListField(IReadOnlyList<FieldValue> Items, IReadOnlyList<string>? Names = null) : FieldValue;

/// <summary>A struct by the C names of its fields.</summary>
internal sealed record StructField(IReadOnlyList<KeyValuePair<string, FieldValue>> Fields) : FieldValue
{
    /// <summary>The field of a name, or null.</summary>
    public FieldValue? Find(string name) => Fields.FirstOrDefault(field => field.Key == name).Value;

    /// <summary>The same with another field at the end.</summary>
    public StructField With(string name, FieldValue value) => new([.. Fields, KeyValuePair.Create(name, value)]);
}
