using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace XePt.Cli.Profile;

/// <summary>Collects the events of a provider by EventPipe, as <c>dotnet-trace</c> does.</summary>
internal static class EventSession
{
    private const double NsPerMs = 1e6;
    private const long AllKeywords = -1;

    // What is raised while the stream is being written waits here; what finds no room is lost.
    private const int BufferMiB = 1024;

    /// <summary>Collects what this process raises while something is done.</summary>
    /// <param name="provider">Name of the event source.</param>
    /// <param name="act">What is done; an exception of it goes on after the session has ended.</param>
    /// <param name="stream">Receives the stream, in the format of .nettrace files; readable from its start afterwards.</param>
    /// <exception cref="SessionException">The process does not let itself be listened to.</exception>
    public static void Collect(string provider, Action act, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(act);
        var wanted = new EventPipeProvider(provider, EventLevel.Verbose, AllKeywords);
        using EventPipeSession session = Sessions.Start(Environment.ProcessId, wanted, BufferMiB);
        Task copying = session.EventStream.CopyToAsync(stream);
        try
        {
            act();
        }
        finally
        {
            session.Stop();
            copying.GetAwaiter().GetResult();
            stream.Position = 0;
        }
    }

    /// <summary>Reads the events of a provider from a collected stream, in the order of time.</summary>
    /// <param name="provider">Name of the event source.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="see">Gets each event.</param>
    /// <param name="miss">Told how many events were lost, between those around the loss as far as the stream says where it is.</param>
    public static void Read(string provider, Stream stream, Action<SeenEvent> see, Action<long> miss)
    {
        using var source = new EventPipeEventSource(stream);
        long lost = 0;
        source.Dynamic.All += data =>
        {
            if (data.ProviderName != provider)
                return;
            Tell();
            see(new SeenEvent((long)(data.TimeStampRelativeMSec * NsPerMs), (int)data.ID, data.ThreadID));
        };
        source.Process();
        Tell();

        void Tell()
        {
            long more = source.EventsLost - lost;
            if (more == 0)
                return;
            lost += more;
            miss(more);
        }
    }
}
