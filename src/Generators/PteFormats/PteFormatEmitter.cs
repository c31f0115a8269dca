using XePt.Generators.Common;

namespace XePt.Generators.PteFormats;

/// <summary>Writes the implementation of <c>IPteFormat</c> for one format.</summary>
internal static class PteFormatEmitter
{
    /// <summary>The namespace of <c>IPteFormat</c>, the enums and the result types.</summary>
    public const string FormatsNamespace = "XePt.Uapi.Formats";

    public static string Emit(PteFormatModel format)
    {
        var code = CodeWriter.ForFile(format.Namespace, "System", FormatsNamespace);
        using (code.Block($"partial struct {format.TypeName} : IPteFormat"))
        {
            foreach (var entry in format.Entries)
                EmitLayout(code, entry);
            EmitProperties(code, format);
            EmitPatBits(code, format);
            EmitEncodeLeaf(code, format);
            EmitEncodePde(code, format);
            EmitLeafAddressMask(code, format);
            EmitKindOf(code, format);
            EmitDecode(code, format);
            EmitLayoutOf(code, format);
            code.Line("private static T BadLevel<T>(int level) =>");
            using (code.Indent())
                code.Line("throw new ArgumentOutOfRangeException(nameof(level), level, \"No such entry at this level.\");");
        }

        return code.ToString();
    }

    private static void EmitLayout(CodeWriter code, PteEntryModel entry)
    {
        code.Line($"private static readonly PteLayout {entry.Kind}Layout = new(PteEntryKind.{entry.Kind},");
        code.Line("[");
        using (code.Indent())
        {
            foreach (var field in entry.Fields)
                code.Line($"new(\"{field.Name}\", {field.Low}, {field.High}, PteRole.{field.Role}, \"{field.Rule}\"),");
        }

        code.Line("]);").Line();
    }

    private static void EmitProperties(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code).Line($"public static PteFormatId Id => PteFormatId.{format.Id};").Line();
        InheritDoc(code).Line($"public static bool HasCompactTables => {(format.HasCompactTables ? "true" : "false")};").Line();
    }

    private static void EmitPatBits(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code);
        using (code.Block("public static ulong PatBits(int level, uint pat) => level switch", "};"))
        {
            code.Line($"0 => {Scatter(PteEntryKind.Leaf4K)},");
            code.Line($"1 => {Scatter(PteEntryKind.Leaf2M)},");
            code.Line($"2 => {Scatter(PteEntryKind.Leaf1G)},");
            code.Line("_ => BadLevel<ulong>(level),");
        }

        code.Line();
        string Scatter(PteEntryKind kind) => PatScatter.Scatter(format[kind].PatPositions, "pat");
    }

    private static void EmitEncodeLeaf(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code);
        using (code.Block("public static ulong EncodeLeaf(int level, uint pat, bool isReadOnly, bool isNull)"))
        {
            code.Line($"ulong entry = PatBits(level, pat) | {Hex.Of(format.MaskOf(PteRole.Present))};");
            EmitIf("level != 0", PteRole.PageSize);
            EmitIf("!isReadOnly", PteRole.Writable);
            EmitIf("isNull", PteRole.Null);
            code.Line("return entry;");
        }

        code.Line();

        void EmitIf(string condition, PteRole role)
        {
            code.Line($"if ({condition})");
            using (code.Indent())
                code.Line($"entry |= {Hex.Of(format.MaskOf(role))};");
        }
    }

    private static void EmitEncodePde(CodeWriter code, PteFormatModel format)
    {
        var always = format.MaskOf(PteRole.Present) | format.MaskOf(PteRole.Writable);
        InheritDoc(code).Line("public static ulong EncodePde(uint pat) =>");
        using (code.Indent())
            code.Line($"{PatScatter.Scatter(format[PteEntryKind.Directory].PatPositions, "pat")} | {Hex.Of(always)};");
        code.Line();
    }

    private static void EmitLeafAddressMask(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code);
        using (code.Block("public static ulong LeafAddressMask(int level, bool compactTable) => level switch", "};"))
        {
            if (format.HasCompactTables)
                code.Line($"0 when compactTable => {Mask(PteEntryKind.Leaf64K)},");
            code.Line($"0 => {Mask(PteEntryKind.Leaf4K)},");
            code.Line($"1 => {Mask(PteEntryKind.Leaf2M)},");
            code.Line($"2 => {Mask(PteEntryKind.Leaf1G)},");
            code.Line("_ => BadLevel<ulong>(level),");
        }

        code.Line();
        string Mask(PteEntryKind kind) => Hex.Of(format[kind].MaskOf(PteRole.Address));
    }

    private static void EmitKindOf(CodeWriter code, PteFormatModel format)
    {
        var isHuge = $"(raw & {Hex.Of(format.MaskOf(PteRole.PageSize))}) != 0";
        InheritDoc(code);
        using (code.Block("public static PteEntryKind KindOf(int level, bool compactTable, ulong raw) => level switch", "};"))
        {
            if (format.HasCompactTables)
                code.Line("0 when compactTable => PteEntryKind.Leaf64K,");
            code.Line("0 => PteEntryKind.Leaf4K,");
            code.Line($"1 => {isHuge} ? PteEntryKind.Leaf2M : PteEntryKind.DirectoryL1,");
            code.Line($"2 => {isHuge} ? PteEntryKind.Leaf1G : PteEntryKind.Directory,");
            code.Line("3 or 4 => PteEntryKind.Directory,");
            code.Line("_ => BadLevel<PteEntryKind>(level),");
        }

        code.Line();
    }

    private static void EmitDecode(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code);
        const string header =
            "public static DecodedPte Decode(int level, bool compactTable, ulong raw) => KindOf(level, compactTable, raw) switch";
        using (code.Block(header, "};"))
        {
            foreach (var entry in format.Entries)
                code.Line($"PteEntryKind.{entry.Kind} => {Decoded(entry)},");
            code.Line("_ => BadLevel<DecodedPte>(level),");
        }

        code.Line();

        static string Decoded(PteEntryModel entry) =>
            $"new(PteEntryKind.{entry.Kind}, level, raw, {Hex.Of(entry.DeclaredBits)}, " +
            $"{PatScatter.Gather(entry.PatPositions, "raw")}, raw & {Hex.Of(entry.MaskOf(PteRole.Address))})";
    }

    private static void EmitLayoutOf(CodeWriter code, PteFormatModel format)
    {
        InheritDoc(code);
        using (code.Block("public static PteLayout LayoutOf(PteEntryKind kind) => kind switch", "};"))
        {
            foreach (var entry in format.Entries)
                code.Line($"PteEntryKind.{entry.Kind} => {entry.Kind}Layout,");
            code.Line("_ => throw new ArgumentOutOfRangeException(nameof(kind), kind, \"The format has no such entries.\"),");
        }

        code.Line();
    }

    private static CodeWriter InheritDoc(CodeWriter code) => code.Line("/// <inheritdoc/>");
}
