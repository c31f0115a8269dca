using XePt.Uapi;

namespace XePt.Streaming;

/// <summary>What a client has used of engines, by their class; the client keeps it. Any thread.</summary>
internal sealed class ClientTimes
{
    private readonly EngineTime[] _times = new EngineTime[(int)EngineClass.Compute + 1];

    private ClientTimes()
    {
        for (int i = 0; i < _times.Length; i++)
            _times[i] = new EngineTime();
    }

    public EngineTime this[EngineClass engineClass] => _times[(int)engineClass];

    public static ClientTimes Of(XeFile client)
    {
        if (client.SinkState is not ClientTimes times)
        {
            times = new ClientTimes();
            // Another thread may have been quicker.
            times = client.KeepSinkState(times) as ClientTimes ?? times;
        }

        return times;
    }
}
