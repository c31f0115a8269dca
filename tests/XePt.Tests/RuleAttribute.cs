namespace XePt.Tests;

/// <summary>Names a numbered rule of <c>docs/spec</c> that a test checks.</summary>
/// <param name="id">The rule id, for example <c>BIND-074</c>.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class RuleAttribute(string id) : Attribute
{
    /// <summary>The rule id.</summary>
    public string Id { get; } = id;
}
