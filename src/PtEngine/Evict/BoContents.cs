using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Svm;

namespace XePt.Evict;

/// <summary>The contents of BOs: zeros in new memory, and the same bytes wherever a BO moves.</summary>
/// <remarks>Concurrency: a move is made inside all VMs, a first placement before anybody can see it. Who still uses the memory that a BO
/// leaves, or the memory that it gets, is waited for by a job of its own, whose fence is waited for by everybody who comes later, as for
/// the reference's copy job. While no byte was ever written to the device's memory there is nothing to do, and nobody is waited for: the
/// first byte of all, written through entries of a BO that has left already, is lost.</remarks>
internal sealed class BoContents(MirrorDevice device, JobScheduler scheduler, IBoStore? store)
{
    private const int PageBytes = (int)PageSizes.Size4K;

    private readonly LegPool _legs = new();
    private readonly FencePool _fences = new("copy of a BO");

    /// <summary>Nothing was written anywhere: there is nothing to clear or to copy.</summary>
    public bool AreBlank => device.IsBlank;

    /// <summary>Makes memory zero that a BO has got: at once, or when its last users are done.</summary>
    /// <param name="bo">The BO.</param>
    /// <param name="place">The memory.</param>
    /// <param name="users">Who may still use it.</param>
    /// <returns>Signals when it is zero.</returns>
    public Fence Clear(BufferObject bo, BoPlace place, FenceSet users)
    {
        // One that was imported has come with its contents.
        bo.Contents ??= store?.Begin(bo.Traits);
        return Do(new Work(this, bo, null, PiecesOf(place)), users);
    }

    /// <summary>Copies what a BO holds to where it has moved.</summary>
    /// <param name="bo">The BO.</param>
    /// <param name="from">Where it was.</param>
    /// <param name="to">Where it is.</param>
    /// <param name="users">Who may still use either.</param>
    /// <returns>Signals when it is there.</returns>
    public Fence Copy(BufferObject bo, BoPlace from, BoPlace to, FenceSet users) =>
        Do(new Work(this, bo, PiecesOf(from), PiecesOf(to)), users);

    /// <summary>The contents of another device's BO, for one that is made of it; null where both do not keep them apart.</summary>
    public IBoContents? Share(BufferObject imported) => imported.Contents is { } contents ? store?.Share(contents) : null;

    /// <summary>Nobody references a BO any more: what a store keeps of it ends.</summary>
    public static void End(BufferObject bo)
    {
        if (bo.Contents is not { } contents)
            return;
        bo.Contents = null;
        if (bo.Place is { } place)
            contents.Hide(PiecesOf(place).Shown());
        contents.End();
    }

    private Fence Do(Work work, FenceSet users)
    {
        if (users.Count == 0)
        {
            work.Do();
            return Fence.Signalled;
        }

        var job = new Job(work, _fences.Create(), scheduler);
        job.Begin();
        foreach (Fence fence in users.Fences)
            job.Await(fence, _legs);
        job.End();
        return job.Done;
    }

    // The place's own list of pieces goes with the place.
    private static Pieces PiecesOf(BoPlace place) =>
        new(place.Backing.Segments.ToArray(), place.Backing.Size, place.Backing.AddressBias, place.Region);

    /// <summary>The memory of an address, or null when nobody keeps its contents.</summary>
    private IFrameMemory? MemoryAt(in Pieces pieces, ulong address) => device.ContentsAt(pieces.Region, address);

    /// <summary>Where a BO is or was.</summary>
    private readonly record struct Pieces(Segment[] Segments, ulong Size, ulong Bias, int Region)
    {
        /// <summary>Address of an offset, and the number of the piece that it is in, looked for from that number on.</summary>
        public ulong AddressAt(ulong offset, ref int piece)
        {
            while (piece + 1 < Segments.Length && Segments[piece + 1].Offset <= offset)
                piece++;
            return Segments[piece].Address + (offset - Segments[piece].Offset) + Bias;
        }

        /// <summary>As a store is told of them.</summary>
        public BoPiece[] Shown()
        {
            var pieces = new BoPiece[Segments.Length];
            for (int i = 0; i < pieces.Length; i++)
            {
                ulong end = i + 1 < Segments.Length ? Segments[i + 1].Offset : Size;
                pieces[i] = new BoPiece(Segments[i].Offset, Segments[i].Address + Bias, end - Segments[i].Offset, Region > 0);
            }

            return pieces;
        }
    }

    /// <summary>A clear, or a copy.</summary>
    private readonly record struct Work(BoContents Contents, BufferObject Bo, Pieces? From, Pieces To)
    {
        private IBoContents? Kept { get; } = Bo.Contents;

        public void Do()
        {
            if (Kept is null)
                Move();
            // Otherwise the BO has gone meanwhile, and nobody reads any more.
            else if (!ReferenceEquals(Bo.Contents, Kept) || Kept.TryShow(To.Shown()))
                Leave(Kept);
            else
                DoWithout(Kept);
        }

        private void Leave(IBoContents kept)
        {
            if (From is { } left)
                kept.Hide(left.Shown());
        }

        private void DoWithout(IBoContents kept)
        {
            Move();
            Leave(kept);
            Bo.Contents = null;
            kept.End();
        }

        private void Move()
        {
            Span<byte> page = stackalloc byte[PageBytes];
            int from = 0, to = 0;
            for (ulong offset = 0; offset < To.Size; offset += PageBytes)
            {
                page.Clear();
                if (From is { } source && source.AddressAt(offset, ref from) is var read)
                    Contents.MemoryAt(source, read)?.TryRead(read, page);
                ulong address = To.AddressAt(offset, ref to);
                if (Contents.MemoryAt(To, address) is not { } target)
                    continue;
                if (page.IndexOfAnyExcept((byte)0) >= 0)
                    target.TryWrite(address, page);
                else
                    (target as IDeviceBytes)?.Clear(address, PageBytes);
            }
        }
    }

    private sealed class Job(Work work, Fence done, JobScheduler scheduler) : ScheduledJob(scheduler)
    {
        public Fence Done => done;

        public override void Run()
        {
            work.Do();
            done.TrySignal();
        }
    }
}
