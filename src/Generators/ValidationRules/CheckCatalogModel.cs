namespace XePt.Generators.ValidationRules;

/// <summary>A class with <c>[CheckCatalog]</c>.</summary>
/// <param name="Namespace">Namespace of the class.</param>
/// <param name="ClassName">Name of the class.</param>
/// <param name="Accessibility">C# accessibility keyword of the class.</param>
internal sealed record CheckCatalogModel(string Namespace, string ClassName, string Accessibility);
