using XePt.Generators.Common;

namespace XePt.Generators.Layouts;

/// <summary>Everything that the uAPI names: structs and numbers, each in ordinal order of the C names.</summary>
/// <param name="Structs">The structs that have a C name.</param>
/// <param name="Ioctls">The driver's ioctls, by number.</param>
/// <param name="CoreIoctls">The DRM core's ioctls, by number.</param>
/// <param name="Constants">All constants, request codes and ioctl numbers included.</param>
internal sealed record TableModel(
    EquatableArray<StructModel> Structs,
    EquatableArray<IoctlModel> Ioctls,
    EquatableArray<IoctlModel> CoreIoctls,
    EquatableArray<ConstantModel> Constants)
{
    /// <summary>Puts the parts together; a name or an ioctl number that occurs twice is an error.</summary>
    public static ModelOrDiagnostics<TableModel> Build(IEnumerable<StructModel> all, IEnumerable<ConstantModel> declared)
    {
        var structs = InOrder(all.Where(static model => model.CName is not null), static model => model.CName!);
        var ioctls = structs.SelectMany(static model => model.Ioctls).OrderBy(static ioctl => ioctl.RequestNumber).ToList();
        var constants = InOrder(declared.Concat(ioctls.SelectMany(ConstantsOf)), static constant => constant.CName);

        var names = structs.Select(static model => (model.CName!, model.Location))
            .Concat(constants.Select(static constant => (constant.CName, constant.Location)));
        var diagnostics = DuplicateNames(names).Concat(DuplicateNumbers(ioctls)).ToList();
        return ModelOrDiagnostics<TableModel>.Of(
            diagnostics, () => new TableModel(
                structs.ToEquatableArray(),
                ioctls.Where(static ioctl => !ioctl.IsCore).ToEquatableArray(),
                ioctls.Where(static ioctl => ioctl.IsCore).ToEquatableArray(),
                constants.ToEquatableArray()));
    }

    private static List<T> InOrder<T>(IEnumerable<T> items, Func<T, string> name) => items.OrderBy(name, StringComparer.Ordinal).ToList();

    /// <summary>The core's header gives its numbers no names of their own.</summary>
    private static IEnumerable<ConstantModel> ConstantsOf(IoctlModel ioctl)
    {
        yield return new ConstantModel(ioctl.CName, ioctl.RequestCode, ioctl.Location);
        if (!ioctl.IsCore)
            yield return new ConstantModel(ioctl.NumberCName, (ulong)ioctl.Number, ioctl.Location);
    }

    private static IEnumerable<DiagnosticInfo> DuplicateNames(IEnumerable<(string Name, LocationInfo? Location)> declarations) =>
        from sameName in declarations.GroupBy(static declaration => declaration.Name)
        from repeated in sameName.Skip(1)
        select DiagnosticInfo.At(repeated.Location, LayoutDiagnostics.DuplicateName, repeated.Name);

    private static IEnumerable<DiagnosticInfo> DuplicateNumbers(IEnumerable<IoctlModel> ioctls) =>
        from sameNumber in ioctls.GroupBy(static ioctl => ioctl.RequestNumber)
        let owner = sameNumber.First()
        from repeated in sameNumber.Skip(1)
        select DiagnosticInfo.At(repeated.Location, LayoutDiagnostics.DuplicateNumber, owner.Number.ToString(), owner.CName);
}
