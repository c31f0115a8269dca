namespace XePt.Cli.Exec;

/// <summary>Variables of the environment that stand for options of exec, and by which the render node's library is told.</summary>
internal static class NodeVariables
{
    /// <summary>The platform of its devices.</summary>
    public const string Platform = "XEPT_PLATFORM";

    /// <summary>Real or virtual time.</summary>
    public const string Time = "XEPT_TIME";

    /// <summary>Set, whatever to: the devices are those of a debug build of the driver.</summary>
    public const string DebugBuild = "XEPT_DEBUG_BUILD";
}
