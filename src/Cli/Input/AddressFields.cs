using System.Collections.Frozen;

namespace XePt.Cli.Input;

/// <summary>Which fields of records, structs and expectations are addresses, or offsets that are written like ones.</summary>
internal static class AddressFields
{
    private static readonly FrozenSet<string> Names = new[]
    {
        // Of what calls and events are about.
        "addr", "address", "new_addr", "start", "end", "offset", "userptr", "obj_offset", "cpu_addr_mirror_offset",

        // Of what lies in the client's memory.
        "data", "extensions", "handles", "instances", "next_extension", "param", "points", "ptr", "regs_ptr", "syncs",
        "vector_of_binds", "vector_of_mem_attr",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a field is one; of a path like <c>binds[0].addr</c> the last name counts.</summary>
    public static bool Has(string field) => Names.Contains(field[(field.LastIndexOf('.') + 1)..]);
}
