using XePt.Cli.Input;

namespace XePt.Cli.Vectors.Binds;

/// <summary>The state a VM must be in, kept up to date from the changes that each step records.</summary>
/// <param name="emptyEntries">Value of an entry without mapping, by level.</param>
internal sealed class ExpectedState(ulong[] emptyEntries)
{
    private readonly Dictionary<TableKey, TableImage> _tables = [];

    /// <summary>The VMA list, by address.</summary>
    public VmaRecord[] Vmas { get; private set; } = [];

    /// <summary>All tables.</summary>
    public IReadOnlyDictionary<TableKey, TableImage> Tables => _tables;

    /// <summary>Takes in what a step changed.</summary>
    public void Apply(StepOutput output)
    {
        Vmas = output.Vmas ?? Vmas;
        foreach (TableKey key in output.TablesDeleted)
        {
            if (!_tables.Remove(key))
                throw new MalformedRecordException($"'pt_del' names a table that is not there: level {key.Level}, VA 0x{key.Va:x}");
        }

        foreach (TableRecord table in output.TablesSet)
        {
            if (table.Key.Level >= emptyEntries.Length)
                throw new MalformedRecordException($"'pt_set' has a table above the root: level {table.Key.Level}");
            _tables[table.Key] = new TableImage(table, emptyEntries[table.Key.Level]);
        }
    }
}
