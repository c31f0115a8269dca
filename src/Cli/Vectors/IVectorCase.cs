namespace XePt.Cli.Vectors;

/// <summary>One case of a vector file, read completely: running it meets no malformed fields any more.</summary>
internal interface IVectorCase
{
    /// <summary>The case's id, or what it is about.</summary>
    string Name { get; }

    /// <summary>Runs the case on a device of its own.</summary>
    CaseResult Run();
}
