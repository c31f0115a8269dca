namespace XePt.Tests.Seed;

/// <summary>Names a hunk of the seed patch that a test exercises (specification 02 section 21).</summary>
/// <param name="number">The hunk in diff order, 1 to 42, or <see cref="CommitMessage"/>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class SeedHunkAttribute(int number) : Attribute
{
    /// <summary>The last row of the table: the commit message and its version notes.</summary>
    public const int CommitMessage = 0;

    /// <summary>The hunk.</summary>
    public int Number { get; } = number;
}
