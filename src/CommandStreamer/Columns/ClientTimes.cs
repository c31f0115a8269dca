using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Streaming;

/// <summary>What each client has used of engines, by their class. A client that is gone is forgotten.</summary>
internal sealed class ClientTimes
{
    private const int Classes = (int)EngineClass.Compute + 1;

    private readonly ConditionalWeakTable<XeFile, EngineTime[]> _times = [];

    public EngineTime Of(XeFile client, EngineClass engineClass) => _times.GetValue(client, static _ => Make())[(int)engineClass];

    private static EngineTime[] Make()
    {
        var times = new EngineTime[Classes];
        for (int i = 0; i < Classes; i++)
            times[i] = new EngineTime();
        return times;
    }
}
