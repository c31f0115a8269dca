namespace XePt.Uapi.Spec;

/// <summary>Marks a static class whose constants with a <see cref="CNameAttribute"/> belong to the uAPI table.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class UapiConstantsAttribute : Attribute;
