using Microsoft.Diagnostics.NETCore.Client;

namespace XePt.Cli.Profile;

/// <summary>Sessions with the diagnostics port of a process.</summary>
internal static class Sessions
{
    public static EventPipeSession Start(int process, EventPipeProvider provider)
    {
        try
        {
            return new DiagnosticsClient(process).StartEventPipeSession(provider, requestRundown: false);
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new SessionException("no .NET process that lets itself be listened to", e);
        }
    }
}
