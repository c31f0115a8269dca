namespace XePt.Cli.Profile;

/// <summary>Reads events by the client library of the runtime's diagnostics and TraceEvent.</summary>
internal sealed class EventPipeReader : IEventReader
{
    public IReadOnlyList<ListenedProcess> Processes => CounterSession.Processes;

    public void Collect(string provider, Action act, Stream stream) => EventSession.Collect(provider, act, stream);

    public void Read(string provider, Stream stream, Action<SeenEvent> see, Action<long> miss) =>
        EventSession.Read(provider, stream, see, miss);

    public void Watch(int process, string meter, int seconds, Func<IReadOnlyList<MeterValue>, bool> show) =>
        CounterSession.Watch(process, meter, seconds, show);
}
