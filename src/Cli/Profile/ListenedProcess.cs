namespace XePt.Cli.Profile;

/// <summary>A process that can be listened to.</summary>
internal readonly record struct ListenedProcess(int Id, string Name);
