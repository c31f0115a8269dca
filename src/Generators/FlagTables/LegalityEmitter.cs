using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>Writes the matrix flag × operation × VM mode × profile, as masks.</summary>
internal static class LegalityEmitter
{
    public static void Emit(CodeWriter writer, FlagTableModel model)
    {
        var byOps = model.Members.GroupBy(static member => member.ValidFor).Where(static group => group.Key.Count > 0).ToList();
        var byMode = model.Members.GroupBy(static member => member.OnlyInMode).Where(static group => group.Key is not null).ToList();
        var companions = model.Members.Where(static member => member.Requires is not null).ToList();
        if (byOps.Count + byMode.Count + companions.Count == 0)
            return;

        foreach (var group in byOps)
            EmitMask(writer, model, OpsMask(group.Key), string.Join(" and ", group.Key.Select(static op => op.Name)), group);
        foreach (var group in byMode)
            EmitMask(writer, model, ModeMask(group.Key!), $"VMs of mode {group.Key!.Name}", group);
        EmitAllowed(writer, model, byOps, byMode);
        if (companions.Count > 0)
            EmitHasCompanions(writer, model, companions);
        EmitIsValid(writer, model, byOps.Count > 0, byMode.Count > 0, companions.Count > 0);
    }

    private static string OpsMask(IEnumerable<EnumRef> ops) => "MustBe" + string.Join("Or", ops.Select(static op => op.Name));

    private static string ModeMask(EnumRef mode) => $"MustBeIn{mode.Name}Mode";

    private static void EmitMask(CodeWriter writer, FlagTableModel model, string name, string partners, IEnumerable<FlagModel> members) =>
        writer.Line()
            .Summary($"The flags that go with {partners} only.")
            .Line($"public const {model.Name} {name} = {string.Join(" | ", members.Select(model.Code))};");

    private static void EmitAllowed(
        CodeWriter writer,
        FlagTableModel model,
        List<IGrouping<EquatableArray<EnumRef>, FlagModel>> byOps,
        List<IGrouping<EnumRef?, FlagModel>> byMode)
    {
        writer.Line().Summary("The flags that are accepted, each taken by itself, without those of debug builds.");
        using (writer.Block($"public static {model.Name} Allowed({Parameters(Inputs(model, byOps.Count > 0, byMode.Count > 0))})"))
        {
            writer.Line($"var allowed = {(model.Profiles.Count > 0 ? "Supported(profile)" : "Known")};");
            foreach (var group in byOps)
            {
                writer.Line($"if (op is not ({string.Join(" or ", group.Key.Select(static op => op.Code))}))");
                using (writer.Indent())
                    writer.Line($"allowed &= ~{OpsMask(group.Key)};");
            }

            foreach (var group in byMode)
            {
                writer.Line($"if (mode != {group.Key!.Code})");
                using (writer.Indent())
                    writer.Line($"allowed &= ~{ModeMask(group.Key)};");
            }

            writer.Line("return allowed;");
        }
    }

    private static void EmitHasCompanions(CodeWriter writer, FlagTableModel model, List<FlagModel> companions)
    {
        var conditions = companions.Select(member =>
            $"((flags & {model.Name}.{member.Name}) == 0 || (flags & {model.Name}.{member.Requires}) != 0)");
        writer.Line().Summary("Whether every flag that needs another one beside it has it.")
            .Line($"public static bool HasCompanions({model.Name} flags) => {string.Join(" && ", conditions)};");
    }

    private static void EmitIsValid(CodeWriter writer, FlagTableModel model, bool hasOps, bool hasModes, bool hasCompanions)
    {
        var names = string.Join(", ", Inputs(model, hasOps, hasModes).Select(static input => input.Name));
        writer.Line().Summary("Whether a word of canonical flags is accepted: every flag allowed, with the flags it needs beside it.")
            .Line($"public static bool IsValid({Parameters(Inputs(model, hasOps, hasModes).Prepend((model.Name, "flags")))}) =>");
        using (writer.Indent())
            writer.Line($"(flags & ~Allowed({names})) == 0{(hasCompanions ? " && HasCompanions(flags)" : "")};");
    }

    private static string Parameters(IEnumerable<(string Type, string Name)> inputs) =>
        string.Join(", ", inputs.Select(static input => $"{input.Type} {input.Name}"));

    private static IEnumerable<(string Type, string Name)> Inputs(FlagTableModel model, bool hasOps, bool hasModes)
    {
        if (hasOps)
            yield return (model.Members.First(static member => member.ValidFor.Count > 0).ValidFor[0].Type, "op");
        if (hasModes)
            yield return (model.Members.Select(static member => member.OnlyInMode).OfType<EnumRef>().First().Type, "mode");
        if (model.Profiles.Count > 0)
            yield return (model.Profiles[0].Type, "profile");
    }
}
