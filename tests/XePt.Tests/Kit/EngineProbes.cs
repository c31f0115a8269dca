using XePt.Fences;
using XePt.Memory;

namespace XePt.Tests;

/// <summary>What tests ask parts of the engine that the engine itself never asks.</summary>
internal static class EngineProbes
{
    extension(PageTablePool pool)
    {
        /// <summary>Page number of a device address inside the window.</summary>
        public int PageAt(ulong deviceAddress) => (int)((deviceAddress - pool.DeviceBase) >> 12);
    }

    extension(SyncObject sync)
    {
        /// <summary>The fence of everything it holds; the stub when it is empty.</summary>
        public Fence Fence => sync.TryGetPoint(0, out Fence fence) ? fence : Fence.Signalled;
    }

    extension(WriterGate gate)
    {
        /// <summary>Nobody is inside, this thread included.</summary>
        public bool IsFree
        {
            get
            {
                if (!gate.TryEnter())
                    return false;
                gate.Exit();
                return true;
            }
        }
    }
}
