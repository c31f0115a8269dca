using Microsoft.Diagnostics.NETCore.Client;

namespace XePt.Cli.Profile;

/// <summary>Sessions with the diagnostics port of a process.</summary>
internal static class Sessions
{
    /// <summary>MiB that other tools take, too.</summary>
    private const int UsualMiB = 256;

    public static EventPipeSession Start(int process, EventPipeProvider provider, int bufferMiB = UsualMiB)
    {
        try
        {
            return new DiagnosticsClient(process).StartEventPipeSession([provider], requestRundown: false, bufferMiB);
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new SessionException("no .NET process that lets itself be listened to", e);
        }
    }
}
