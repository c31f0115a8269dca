using System.Runtime.InteropServices;
using XePt.Memory;

namespace XePt.Native;

/// <summary>Intervals of device memory whose bytes are in this process.</summary>
/// <remarks>Concurrency: any thread; a leaf gate, which nobody enters as long as there are none.</remarks>
internal sealed class LiveWindows
{
    private readonly List<Window> _windows = [];
    private SpinGate _gate;
    private int _count;

    private readonly record struct Window(ulong Address, ulong Bytes, ulong Place);

    /// <summary>Shows memory of the process at device addresses where none is shown.</summary>
    public void Add(ulong address, ulong bytes, ulong place)
    {
        _gate.Enter();
        _windows.Insert(IndexBehind(address), new Window(address, bytes, place));
        Volatile.Write(ref _count, _windows.Count);
        _gate.Exit();
    }

    /// <summary>Shows it no more.</summary>
    public void Remove(ulong address)
    {
        _gate.Enter();
        _windows.RemoveAt(IndexBehind(address) - 1);
        Volatile.Write(ref _count, _windows.Count);
        _gate.Exit();
    }

    /// <summary>All memory of the process that is shown.</summary>
    public AddressRange[] Places()
    {
        _gate.Enter();
        AddressRange[] places = [.. _windows.Select(window => AddressRange.OfSize(window.Place, window.Bytes))];
        _gate.Exit();
        return places;
    }

    /// <summary>Where the bytes of a device address are; false when they are not in the process.</summary>
    public bool TryFind(ulong address, out ulong place)
    {
        place = 0;
        if (Volatile.Read(ref _count) == 0)
            return false;
        _gate.Enter();
        Window window = IndexBehind(address) is var behind and > 0 ? _windows[behind - 1] : default;
        _gate.Exit();
        place = window.Place + (address - window.Address);
        return address - window.Address < window.Bytes;
    }

    private int IndexBehind(ulong address)
    {
        ReadOnlySpan<Window> windows = CollectionsMarshal.AsSpan(_windows);
        int low = 0;
        for (int high = windows.Length; low < high;)
        {
            int middle = (low + high) >>> 1;
            (low, high) = windows[middle].Address <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
