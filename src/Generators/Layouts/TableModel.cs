using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Everything that the uAPI names: structs and numbers, each in ordinal order of the C names.</summary>
/// <param name="Structs">The structs that have a C name.</param>
/// <param name="Ioctls">The structs that are the argument of an ioctl, by ioctl number.</param>
/// <param name="Constants">All constants, request codes and ioctl numbers included.</param>
internal sealed record TableModel(
    EquatableArray<StructModel> Structs, EquatableArray<StructModel> Ioctls, EquatableArray<ConstantModel> Constants)
{
    /// <summary>Puts the parts together; a name or an ioctl number that occurs twice is an error.</summary>
    public static ModelOrDiagnostics<TableModel> Build(IEnumerable<StructModel> all, IEnumerable<ConstantModel> declared)
    {
        var structs = InOrder(all.Where(static model => model.CName is not null), static model => model.CName!);
        var ioctls = structs.Where(static model => model.Ioctl is not null).OrderBy(static model => model.Ioctl!.Number).ToList();
        var constants = InOrder(declared.Concat(ioctls.SelectMany(ConstantsOf)), static constant => constant.CName);

        var names = structs.Select(static model => (model.CName!, model.Location))
            .Concat(constants.Select(static constant => (constant.CName, constant.Location)));
        var diagnostics = DuplicateNames(names).Concat(DuplicateNumbers(ioctls)).ToList();
        return ModelOrDiagnostics<TableModel>.Of(
            diagnostics, () => new TableModel(structs.ToEquatableArray(), ioctls.ToEquatableArray(), constants.ToEquatableArray()));
    }

    private static List<T> InOrder<T>(IEnumerable<T> items, Func<T, string> name) => items.OrderBy(name, StringComparer.Ordinal).ToList();

    private static IEnumerable<ConstantModel> ConstantsOf(StructModel model)
    {
        yield return new ConstantModel(model.Ioctl!.CName, model.Ioctl.RequestCode(model.Size), model.Location);
        yield return new ConstantModel(model.Ioctl.NumberCName, (ulong)model.Ioctl.Number, model.Location);
    }

    private static IEnumerable<DiagnosticInfo> DuplicateNames(IEnumerable<(string Name, LocationInfo? Location)> declarations) =>
        from sameName in declarations.GroupBy(static declaration => declaration.Name)
        from repeated in sameName.Skip(1)
        select DiagnosticInfo.At(repeated.Location, LayoutDiagnostics.DuplicateName, repeated.Name);

    private static IEnumerable<DiagnosticInfo> DuplicateNumbers(IEnumerable<StructModel> ioctls) =>
        from sameNumber in ioctls.GroupBy(static model => model.Ioctl!.Number)
        let owner = sameNumber.First().Ioctl!.CName
        from repeated in sameNumber.Skip(1)
        select DiagnosticInfo.At(repeated.Location, LayoutDiagnostics.DuplicateNumber, sameNumber.Key.ToString(), owner);
}
