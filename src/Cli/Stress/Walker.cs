using System.Collections.Concurrent;

namespace XePt.Cli.Stress;

/// <summary>Translates addresses of all VMs, by walking and through the TLB model, checks each translation, and signals the fences that
/// binds wait for.</summary>
internal sealed class Walker : IDisposable
{
    private const int StepsPerRefresh = 64, StepsPerSignal = 32;

    private readonly StressVm[] _vms;
    private readonly StressWindow[][] _windows;
    private readonly XeWalker[] _walkers;
    private readonly TlbSpace[] _spaces;
    private readonly TlbUnit _unit;
    private readonly CoherenceChecker _checker;
    private readonly ConcurrentQueue<Fence> _fences;
    private readonly string _name;
    private readonly Random _random;
    private int _steps;

    public Walker(StressVm[] vms, ReferenceTlb tlb, CoherenceChecker checker, ConcurrentQueue<Fence> fences, int number, int seed)
    {
        (_vms, _checker, _fences, _name, _random) = (vms, checker, fences, $"walker {number}", new Random(seed));
        _windows = [.. vms.Select(vm => vm.Windows)];
        _walkers = [.. vms.Select(vm => vm.Vm.OpenWalker())];
        _spaces = [.. vms.Select(vm => vm.Vm.GetTlbSpace())];
        _unit = tlb.OpenUnit(_name);
    }

    public long Translations { get; private set; }

    public void Step()
    {
        int vm = _random.Next(_vms.Length);
        StressWindow window = _windows[vm][_random.Next(_windows[vm].Length)];
        for (int i = 0; i < 8; i++)
        {
            ulong va = window.Pick(_random);
            if (i % 4 == 3)
            {
                using TlbUnit.Access access = _unit.Begin();
                access.Translate(_spaces[vm], va);
            }
            else
            {
                long since = _checker.Now;
                _checker.CheckWalk(window.Map, _name, since, _walkers[vm].Translate(va));
            }

            Translations++;
        }

        if (++_steps % StepsPerRefresh == 0)
            Array.ForEach(_walkers, walker => walker.Refresh());
        if (_steps % StepsPerSignal == 0 && _fences.TryDequeue(out Fence fence))
            fence.TrySignal();
    }

    public void Dispose()
    {
        Array.ForEach(_walkers, walker => walker.Dispose());
        _unit.Dispose();
    }
}
