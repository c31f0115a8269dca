namespace XePt.Cli.Profile;

/// <summary>
/// Reads what processes tell about themselves by EventPipe. The tool itself has nothing that can: such a reader is several times as large
/// as the tool and cannot be compiled ahead of time. The tool's companion has one.
/// </summary>
internal interface IEventReader
{
    /// <summary>Processes that can be listened to, by id.</summary>
    IReadOnlyList<ListenedProcess> Processes { get; }

    /// <summary>Collects what this process raises while something is done.</summary>
    /// <param name="provider">Name of the event source.</param>
    /// <param name="act">What is done; an exception of it goes on after the session has ended.</param>
    /// <param name="stream">Receives the stream, in the format of .nettrace files; readable from its start afterwards.</param>
    /// <exception cref="SessionException">The process does not let itself be listened to.</exception>
    void Collect(string provider, Action act, Stream stream);

    /// <summary>Reads the events of a provider from a collected stream, in the order of time, one after the other: there may be more than
    /// memory has room for.</summary>
    /// <param name="provider">Name of the event source.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="see">Gets each event.</param>
    /// <param name="miss">Told, between the events around it, how many events were lost because they came faster than they were
    /// taken.</param>
    void Read(string provider, Stream stream, Action<SeenEvent> see, Action<long> miss);

    /// <summary>Reads the instruments of a meter of a process, every so often, until it is told to stop.</summary>
    /// <param name="process">Id of the process.</param>
    /// <param name="meter">Name of the meter.</param>
    /// <param name="seconds">Seconds between two readings.</param>
    /// <param name="show">Gets each reading, on another thread; false ends the session.</param>
    /// <exception cref="SessionException">The process cannot be listened to, or another listener has used up what it gives.</exception>
    void Watch(int process, string meter, int seconds, Func<IReadOnlyList<MeterValue>, bool> show);
}
