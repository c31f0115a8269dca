using Microsoft.Diagnostics.NETCore.Client;

namespace XePt.Cli.Profile;

/// <summary>Sessions with the diagnostics port of a process.</summary>
internal static class Sessions
{
    /// <summary>MiB that other tools take, too.</summary>
    private const int UsualMiB = 256;

    /// <summary>A process that is just starting may not answer at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static EventPipeSession Start(int process, EventPipeProvider provider, int bufferMiB = UsualMiB)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return new DiagnosticsClient(process)
                .StartEventPipeSessionAsync([provider], requestRundown: false, bufferMiB, patience.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or UnauthorizedAccessException or TimeoutException
            or OperationCanceledException)
        {
            throw new SessionException("no .NET process that lets itself be listened to", e);
        }
    }
}
