using System.Runtime.CompilerServices;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt;

// The events of a client's calls. One word says whether the file is closed and whether somebody wants events, so that the start of a call,
// which asks for the one, costs nothing more while nobody does; and whether the last call was refused, for its end.
public sealed partial class XeFile
{
    private const int ClosedBit = 1, TracedBit = 2, RefusedBit = 4, RecordedBit = 8;

    // The request that runs on this thread, by its code; 0 for none.
    [ThreadStatic]
    private static uint s_request;

    private bool IsWatched => (Volatile.Read(ref _state) & (ClosedBit | TracedBit | RecordedBit)) != 0;

    // Of binds a recorder keeps what becomes of their ops, and that they are refused: their start and end do not go by it.
    private bool IsBindWatched => (Volatile.Read(ref _state) & (ClosedBit | TracedBit)) != 0;

    internal bool IsClosed => (Volatile.Read(ref _state) & ClosedBit) != 0;

    /// <summary>Somebody wants events of the device, or nobody does any more.</summary>
    /// <param name="bits">What <see cref="DeviceWatch.Bits"/> says.</param>
    internal void SetWatched(int bits)
    {
        Set(TracedBit, DeviceWatch.HasDetails(bits));
        Set(RecordedBit, DeviceWatch.HasEvents(bits));

        void Set(int bit, bool isOn)
        {
            if (isOn)
                Interlocked.Or(ref _state, bit);
            else
                Interlocked.And(ref _state, ~bit);
        }
    }

    /// <summary>A client's call begins.</summary>
    /// <returns>To be disposed when it is left, with an answer or without one.</returns>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CallScope BeginIoctl(uint request) => IsWatched ? BeginWatched(request) : default;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private CallScope BeginWatched(uint request)
    {
        ThrowIfClosed();
        DeviceWatch.BeginCall();
        s_request = request;
        uint number = (byte)request;
        EngineEvents.IoctlStart(Device.Watch, new IoctlStartEvent { Request = number, Call = IoctlNames.Of(number) });
        return new CallScope(this);
    }

    /// <summary>A call is left. One that was answered has no request any more.</summary>
    private void LeaveWatched()
    {
        uint request = s_request;
        if (request == 0)
            return;
        s_request = 0;
        Device.Watch.FailCall(IoctlNames.Of((byte)request));
    }

    /// <summary>A call ends: the one that has begun on this thread. What is accepted or refused besides is no call of a client's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TraceStop(Errno error)
    {
        uint number = (byte)s_request;
        if (s_request == 0)
            return;
        s_request = 0;
        if (error != Errno.Ok || Device.Watch.IsDetailed)
        {
            EngineEvents.IoctlStop(
                Device.Watch, new IoctlStopEvent { Request = number, Call = IoctlNames.Of(number), Errno = (int)error });
        }
    }

    /// <summary>The time of a client's call.</summary>
    /// <param name="file">The client when somebody watches, else null.</param>
    private readonly ref struct CallScope(XeFile? file)
    {
        public void Dispose() => file?.LeaveWatched();
    }
}
