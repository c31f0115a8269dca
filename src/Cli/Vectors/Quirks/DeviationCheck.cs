using XePt.Cli.Vectors.Binds;
using XePt.Cli.Vectors.Checks;
using XePt.Cli.Vectors.Pages;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Quirks;

/// <summary>
/// Judges the steps of a sequence from the one on in which the reference runs into a defect: errnos and VMA list are as recorded, and the
/// tables are what the list says. A mapping that the reference has bound is bound here too, while one that it lost may be.
/// </summary>
internal sealed class DeviationCheck(BindCase sequence, BindSession session)
{
    /// <summary>What the reference and XePt may see differently: page sizes, and whether the mapping is bound.</summary>
    private const VmaLetters Hints =
        VmaLetters.Pte4K | VmaLetters.Pte64K | VmaLetters.Pte2M | VmaLetters.Pte1G | VmaLetters.Compact;

    private readonly PageState _state = new(sequence);
    private readonly PageModel _model = new();

    /// <summary>Takes in a step that still went as recorded.</summary>
    public void Follow(BindStep step, VmaRecord[] vmas) => _state.Apply(step, vmas);

    /// <summary>The first difference after a step, or null.</summary>
    public Difference? Compare(BindStep step, Errno error, VmaRecord[] expected)
    {
        _state.Apply(step, expected);
        if (error != step.Output.Error)
            return new Difference("err", ErrorComparison.TextOf(step.Output.Error), ErrorComparison.TextOf(error));

        VmaRecord[] found = session.GetVmas();
        if (CompareVmas(expected, found) is { } difference)
            return difference;
        _state.Fill(_model, found);
        return ZappedDirectories.Apply(session.Vm!, _state, _model) ?? PageCheck.Compare(session.Vm!, _model);
    }

    private Difference? CompareVmas(VmaRecord[] expected, VmaRecord[] found)
    {
        VmaRecord[] agreed = [.. found.Select((vma, i) => i < expected.Length && MayStandFor(vma, expected[i]) ? expected[i] : vma)];
        return ListComparison.Compare("VMA", expected, agreed, vma => vma.Address);
    }

    private bool MayStandFor(in VmaRecord found, in VmaRecord expected)
    {
        bool mustBeBound = IsBound(expected) || (session.Vm!.Mode != VmMode.Fault && (expected.Flags & VmaLetters.Mirror) == 0);
        return (IsBound(found) || !mustBeBound) && Essence(found) == Essence(expected);
    }

    private static bool IsBound(in VmaRecord vma) => (vma.Present & ~vma.Invalidated) != 0;

    private static VmaRecord Essence(in VmaRecord vma) => vma with { Flags = vma.Flags & ~Hints, Present = 0, Invalidated = 0 };
}
