using System.Runtime.CompilerServices;

namespace XePt.Gpuva;

/// <summary>What parsing the ops of one call must remember from op to op. Belongs to the call.</summary>
internal struct ParseState
{
    /// <summary>Number of the call, which VMAs are marked with.</summary>
    public uint Call;

    /// <summary>Ops parsed so far: these have changed the VMA map.</summary>
    public int Parsed;

    /// <summary>PT ops that the parsed ops ask for, the same on every tile (BIND-177, BIND-188 to BIND-190).</summary>
    public int PtOps;

    /// <summary>The bind op that is being parsed has a BO reference, which its VMA takes over.</summary>
    public bool HoldsBo;

    /// <summary>An earlier mirror MAP of the call lets mirrors with ranges be removed (BIND-134).</summary>
    public bool AllowsRangeRemoval;

    /// <summary>Mirrors may be cut where they have ranges, which stay: what lay across a cut is gone already (MADV-033).</summary>
    public bool KeepsRanges;

    /// <summary>There are PREFETCH ops among them.</summary>
    public bool HasPrefetch;

    /// <summary>An op has to be looked at before it is staged: a BO has to get memory or is one whose use is noted, or a user fence may be
    /// pending.</summary>
    public bool NeedsLook;

    /// <summary>An op leaves something behind: a VMA or pages that go.</summary>
    public bool LeavesBehind;

    /// <summary>Begins a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(uint call)
    {
        Call = call;
        Parsed = PtOps = 0;
        HoldsBo = AllowsRangeRemoval = KeepsRanges = HasPrefetch = NeedsLook = LeavesBehind = false;
    }
}
