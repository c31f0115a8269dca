using XePt.Generators.Common;

namespace XePt.Generators.FlagTables;

/// <summary>Writes which flags each profile knows, and how its words map to the canonical bits.</summary>
/// <remarks>
/// The map is a permutation of the bits, so that an unknown bit of a profile stays unknown: the canonical place that a
/// moved flag takes is handed over in exchange to the place it came from.
/// </remarks>
internal static class ProfileEmitter
{
    public static void Emit(CodeWriter writer, FlagTableModel model)
    {
        if (model.Profiles.Count == 0)
            return;
        writer.Line().Summary("The flags that a profile knows, in canonical bits, without those of debug builds.");
        var header = $"public static {model.Name} Supported({Profile(model)} profile) => profile switch";
        EmitSwitch(writer, model, header, profile => model.Cast(model.SupportedIn(profile)), "};");
        if (!model.Members.Any(static member => member.Bits.Count > 0))
            return;
        EmitNormalize(writer, model);
        EmitToRaw(writer, model);
    }

    private static void EmitNormalize(CodeWriter writer, FlagTableModel model)
    {
        writer.Line()
            .Summary("Moves the bits of a profile's word to their canonical places; unknown bits end outside <see cref=\"Supported\"/>.");
        using (writer.Block($"public static {model.Name} Normalize({model.Keyword} raw, {Profile(model)} profile)"))
            EmitSwitch(writer, model, $"return ({model.Name})(profile switch", profile => Permute(model, Moves(model, profile)), "});");
    }

    private static void EmitToRaw(CodeWriter writer, FlagTableModel model)
    {
        writer.Line().Summary("The word that a profile writes for canonical bits: the inverse of <see cref=\"Normalize\"/>.");
        using (writer.Block($"public static {model.Keyword} ToRaw({model.Name} flags, {Profile(model)} profile)"))
        {
            writer.Line($"var raw = ({model.Keyword})flags;");
            EmitSwitch(writer, model, $"return ({model.Keyword})(profile switch", profile => Permute(model, Inverse(Moves(model, profile))),
                "});");
        }
    }

    private static string Profile(FlagTableModel model) => model.Profiles[0].Type;

    /// <summary>One arm per distinct result; the profile with value 0 is the default arm.</summary>
    private static void EmitSwitch(CodeWriter writer, FlagTableModel model, string header, Func<EnumRef, string> result, string close)
    {
        var arms = model.Profiles.GroupBy(result).OrderBy(static arm => arm.Any(static profile => profile.Value == 0)).ToList();
        using (writer.Block(header, close))
        {
            foreach (var arm in arms.Take(arms.Count - 1))
                writer.Line($"{string.Join(" or ", arm.Select(static profile => profile.Code))} => {arm.Key},");
            writer.Line($"_ => {arms[arms.Count - 1].Key},");
        }
    }

    /// <summary>The variable <c>raw</c> with some bits moved.</summary>
    private static string Permute(FlagTableModel model, IEnumerable<(ulong From, ulong To)> moves)
    {
        var moved = moves.Aggregate(0ul, static (mask, move) => mask | move.From);
        var kept = moved == 0 ? "raw" : $"(raw & ~({model.Keyword})0x{moved:x})";
        return string.Join(" | ", moves.Select(Move).Prepend(kept));
    }

    private static string Move((ulong From, ulong To) move) => move.To > move.From
        ? $"((raw & 0x{move.From:x}) << {Log2(move.To / move.From)})"
        : $"((raw & 0x{move.From:x}) >> {Log2(move.From / move.To)})";

    /// <summary>All bits that change place, from the profile's word to the canonical one.</summary>
    private static List<(ulong From, ulong To)> Moves(FlagTableModel model, EnumRef profile)
    {
        var moves = model.Members.Where(member => member.ExistsIn(profile) && member.BitIn(profile) != member.Value)
            .Select(member => (From: member.BitIn(profile), To: member.Value)).ToList();
        var displaced = moves.Select(static move => move.To).Except(moves.Select(static move => move.From)).OrderBy(static bit => bit);
        var vacant = moves.Select(static move => move.From).Except(moves.Select(static move => move.To)).OrderBy(static bit => bit);
        return [.. moves, .. displaced.Zip(vacant, static (from, to) => (from, to))];
    }

    private static IEnumerable<(ulong From, ulong To)> Inverse(IEnumerable<(ulong From, ulong To)> moves) =>
        moves.Select(static move => (move.To, move.From));

    private static int Log2(ulong bit)
    {
        var log = 0;
        for (; bit > 1; bit >>= 1)
            log++;
        return log;
    }
}
