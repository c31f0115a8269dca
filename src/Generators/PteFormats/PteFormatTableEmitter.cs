using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>Writes the bits that all formats share and a direct switch over the formats for each operation.</summary>
internal static class PteFormatTableEmitter
{
    private static readonly (PteRole Role, string Summary)[] SharedBits =
    [
        (PteRole.Present, "The entry is valid."),
        (PteRole.Writable, "The memory may be written; always set in directory entries."),
        (PteRole.Pde64K, "In a level-1 directory entry: the child table is compact."),
        (PteRole.PageSize, "At levels 1 and 2: the entry is a leaf. At level 0 the same bit belongs to the PAT index (PT-017)."),
        (PteRole.Ps64, "In a leaf of a normal level-0 table: the entry is part of an aligned 64 KiB page."),
        (PteRole.Null, "In a leaf: reads return 0, writes are dropped."),
        (PteRole.AtomicEnable, "In a leaf: device atomics are enabled."),
        (PteRole.DeviceMemory, "In a leaf: the address is one of device memory."),
        (PteRole.Address, "Every address bit of any entry; huge leaves use only the upper ones."),
    ];

    public static string Emit(PteFormatTableModel table, IEnumerable<PteFormatModel> formats)
    {
        var byId = formats.OrderBy(format => table.Ids.ToList().IndexOf(format.Id)).ToList();
        var code = CodeWriter.ForFile(table.Namespace, "System", PteFormatEmitter.FormatsNamespace);
        using (code.Block($"static partial class {table.TypeName}"))
        {
            EmitSharedBits(code, byId);
            EmitSwitch(code, byId, "bool", "HasCompactTables", "", "");
            EmitSwitch(code, byId, "ulong", "PatBits", "int level, uint pat", "level, pat");
            EmitSwitch(
                code, byId, "ulong", "EncodeLeaf", "int level, uint pat, bool isReadOnly, bool isNull", "level, pat, isReadOnly, isNull");
            EmitSwitch(code, byId, "ulong", "EncodePde", "uint pat", "pat");
            EmitSwitch(code, byId, "ulong", "LeafAddressMask", "int level, bool compactTable", "level, compactTable");
            EmitSwitch(code, byId, "PteEntryKind", "KindOf", "int level, bool compactTable, ulong raw", "level, compactTable, raw");
            EmitSwitch(code, byId, "DecodedPte", "Decode", "int level, bool compactTable, ulong raw", "level, compactTable, raw");
            EmitSwitch(code, byId, "PteLayout", "LayoutOf", "PteEntryKind kind", "kind");
            code.Line("private static T BadId<T>(PteFormatId id) =>");
            using (code.Indent())
                code.Line("throw new ArgumentOutOfRangeException(nameof(id), id, \"No such format.\");");
        }

        return code.ToString();
    }

    private static void EmitSharedBits(CodeWriter code, IReadOnlyList<PteFormatModel> formats)
    {
        foreach (var (role, summary) in SharedBits)
        {
            var mask = formats.Aggregate(0UL, (bits, format) => bits | format.MaskOf(role));
            var name = role == PteRole.Address ? "AddressMask" : $"{role}";
            code.Summary(summary).Line($"public const ulong {name} = {Hex.Of(mask)};").Line();
        }
    }

    /// <summary>Writes one member of <c>IPteFormat</c> as a switch; a property becomes a method of the id.</summary>
    private static void EmitSwitch(
        CodeWriter code, IReadOnlyList<PteFormatModel> formats, string type, string member, string parameters, string arguments)
    {
        var isProperty = parameters.Length == 0;
        var signature = isProperty ? "PteFormatId id" : "PteFormatId id, " + parameters;
        var call = isProperty ? "" : $"({arguments})";
        code.Line($"/// <inheritdoc cref=\"IPteFormat.{member}\"/>");
        using (code.Block($"public static {type} {member}({signature}) => id switch", "};"))
        {
            foreach (var format in formats)
                code.Line($"PteFormatId.{format.Id} => global::{format.Namespace}.{format.TypeName}.{member}{call},");
            code.Line($"_ => BadId<{type}>(id),");
        }

        code.Line();
    }
}
