using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>
/// Keeps the preempt fences of one VM and repairs the VM after they fired (BIND-265, EVT-006 to EVT-008). A round: somebody waits for a
/// preempt fence; all queues of the VM are stopped; their fences signal; invalidated userptrs are repinned, evicted BOs validated, both
/// rebound; when the KERNEL fences of the VM have signalled, new preempt fences are installed and the queues go on. A VM without work is
/// left stopped until its next job. A round that fails bans the VM.
/// </summary>
/// <remarks>
/// <para>Concurrency: <c>_state</c> says whether a round is on. Whoever finds it at rest starts one; who finds it busy leaves a mark, and
/// the round's end starts the next for it. So a round has one thread at a time, and queues are stopped and resumed strictly by turns. Each
/// step is a run of <see cref="Round"/> by the scheduler, in no VM.</para>
/// <para>Fences are made inside the VM, after the marks left before have been dropped: those were for fences that have signalled. A job is
/// submitted inside the VM too, and there the worker looks whether the VM is idle; so either the worker sees the job, or
/// <see cref="AfterExec"/> sees that the worker is off.</para>
/// </remarks>
internal sealed class RebindWorker : Preemption
{
    private const int AtRest = 0, Busy = 1, BusyAndAsked = 2;

    private enum Step
    {
        Suspend,
        Rebind,
        Resume,
    }

    private readonly VmContext _vm;
    private readonly BoResidency _residency;
    private readonly Round _round;
    private Member[] _members = [];
    private int _state;
    private int _isOff;
    private ChangeRounds _rounds;
    private Errno _killed;

    public RebindWorker(VmContext vm, BoResidency residency, JobScheduler scheduler)
    {
        (_vm, _residency) = (vm, residency);
        _round = new Round(this, scheduler);
    }

    private Member[] Members => Volatile.Read(ref _members);

    public override void Add(IPreemptibleQueue queue)
    {
        var member = new Member(queue, Ask, $"vm {_vm.Jobs.Vm} preempt");
        // Written before the state is read: a round that begins now finds the queue.
        Interlocked.Exchange(ref _members, [.. _members, member]);
        bool isAtRest = Volatile.Read(ref _state) == AtRest;
        if (isAtRest && _vm.MayRun)
        {
            Install(member);
            return;
        }

        // Now, not by the round: the queue's first job may come before that.
        member.Suspended = queue.Suspend();
        if (isAtRest)
            Ask();
    }

    public override void Remove(IPreemptibleQueue queue)
    {
        if (Array.Find(Members, other => ReferenceEquals(other.Queue, queue)) is not { } member)
            return;

        Volatile.Write(ref _members, Array.FindAll(_members, other => !ReferenceEquals(other, member)));
        member.Armed.TrySignal(Errno.ENOENT);
    }

    public override void InstallOn(Reservation bo)
    {
        foreach (Member member in Members)
            bo.Add(member.Armed, FenceUsage.Bookkeep);
    }

    public override void AfterExec()
    {
        if (Interlocked.Exchange(ref _isOff, 0) != 0)
            _round.Go(Step.Rebind);
    }

    public override void Kill(Errno error)
    {
        _killed = error;
        if (Interlocked.Exchange(ref _isOff, 0) != 0)
            _round.Go(Step.Suspend);
        else
            Ask();
    }

    /// <summary>Somebody waits for a preempt fence.</summary>
    private void Ask()
    {
        for (int state = Volatile.Read(ref _state); state != BusyAndAsked;)
        {
            int found = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (found == state)
            {
                if (state == AtRest)
                    _round.Go(Step.Suspend);
                return;
            }

            state = found;
        }
    }

    private void Run(Step step)
    {
        if (_killed != Errno.Ok)
            KillQueues();
        else if (step == Step.Suspend)
            Suspend();
        else if (step == Step.Rebind)
            Rebind();
        else
            Resume();
    }

    private void Suspend()
    {
        _residency.Mover.Tally.CountPreemption();
        if (_vm.Watch.IsTraced)
            EngineEvents.VmRebindWorkerEnter(_vm.Watch, VmEvents.Of(_vm));
        Member[] members = Members;
        foreach (Member member in members)
            member.Suspended = member.Queue.Suspend();
        _round.Go(Step.Rebind, members);
    }

    /// <summary>The queues have stopped.</summary>
    private void Rebind()
    {
        Member[] members = Members;
        foreach (Member member in members)
        {
            if (member.Armed.TrySignal(member.Suspended.Error))
                _vm.Jobs.ReportPreempted(member.Queue.Id, member.Armed);
        }

        if (Array.Exists(members, member => member.Suspended.Error == Errno.ETIME))
        {
            Ban();
            return;
        }

        _vm.Writer.Enter();
        bool isIdle = Array.TrueForAll(members, member => member.Queue.IsIdle);
        if (isIdle)
            Volatile.Write(ref _isOff, 1);
        _vm.Writer.Exit();
        if (isIdle)
        {
            if (_vm.Watch.IsTraced)
                EngineEvents.VmRebindWorkerExit(_vm.Watch, VmEvents.Of(_vm));
            return;
        }

        // On the thread of a change of pages: they are not there before it has ended.
        if (_round.TryPutOff(Step.Rebind))
            return;
        Outcome outcome = Repair();
        if (outcome == Outcome.Done)
            _round.Go(Step.Resume, _round.Kernel);
        else if (outcome == Outcome.Again)
            _round.Go(Step.Rebind);
        else
            Ban();
    }

    /// <summary>Brings the VM up to date. A change of pages in its middle may wait for jobs of whoever runs this step.</summary>
    private Outcome Repair()
    {
        var repair = new Revalidation(_residency) { Kernel = _round.Kernel };
        using ChangeRounds.Round round = _rounds.Next();
        Outcome outcome = VmEntry.Run(_residency.Vms, _vm, ref repair, waits: false);
        if (outcome != Outcome.Again)
            _rounds = default;
        return outcome;
    }

    /// <summary>What was rebound is written. Others may have been in the VM since: what moved is to be rebound, and what they have
    /// rebound or unmapped is to be waited for.</summary>
    private void Resume()
    {
        _vm.Writer.Enter();
        bool mayRun = _vm.MayRun;
        if (mayRun)
        {
            Volatile.Write(ref _state, Busy);
            foreach (Member member in Members)
                Install(member);
        }

        Member[] members = Members;
        _vm.Writer.Exit();
        if (!mayRun)
        {
            if (_vm.Watch.IsTraced)
                EngineEvents.VmRebindWorkerRetry(_vm.Watch, VmEvents.Of(_vm));
            _round.Go(Step.Rebind);
            return;
        }

        if (_vm.Watch.IsTraced)
            EngineEvents.VmRebindWorkerExit(_vm.Watch, VmEvents.Of(_vm));
        foreach (Member member in members)
            member.Queue.Resume();
        if (Interlocked.CompareExchange(ref _state, AtRest, Busy) == Busy)
            return;
        Volatile.Write(ref _state, Busy);
        _round.Go(Step.Suspend);
    }

    private void Ban()
    {
        _vm.Writer.Enter();
        _vm.Ban();
        _vm.Writer.Exit();
        KillQueues();
    }

    /// <summary>The VM's last round: the state stays busy, so no other one begins.</summary>
    private void KillQueues()
    {
        foreach (Member member in Members)
        {
            member.Queue.Kill(_killed);
            member.Armed.TrySignal(_killed);
        }
    }

    private void Install(Member member)
    {
        if (_vm.IsClosed || _killed != Errno.Ok)
            return;

        member.Armed = member.Line.Next();
        _vm.Jobs.Reservation.Add(member.Armed, FenceUsage.Bookkeep);
        foreach (int bo in _vm.Space.BoVmas.Bos)
        {
            if (!ReferenceEquals(_vm.Memory.Bos[bo].PrivateTo, _vm))
                _vm.BoFences.Of(bo).Add(member.Armed, FenceUsage.Bookkeep);
        }
    }

    /// <summary>A queue with its line of preempt fences.</summary>
    private sealed class Member(IPreemptibleQueue queue, Action asked, string name)
    {
        public IPreemptibleQueue Queue { get; } = queue;

        public FenceTimeline Line { get; } = new(name) { Demanded = asked };

        /// <summary>The newest preempt fence; signalled while the queue is stopped.</summary>
        public Fence Armed { get; set; }

        /// <summary>Signals when the queue has stopped.</summary>
        public Fence Suspended { get; set; }
    }

    /// <summary>The steps as jobs: at most one is on its way at any time.</summary>
    private sealed class Round(RebindWorker worker, JobScheduler scheduler) : ScheduledJob(scheduler)
    {
        private readonly LegPool _legs = new();
        private Step _step;

        /// <summary>What the next step waits for; scratch.</summary>
        public FenceSet Kernel { get; } = new();

        public void Go(Step step)
        {
            _step = step;
            Begin();
            End();
        }

        /// <summary>After the queues have stopped.</summary>
        public void Go(Step step, Member[] stopping)
        {
            _step = step;
            Begin();
            foreach (Member member in stopping)
                Await(member.Suspended, _legs);
            End();
        }

        public void Go(Step step, FenceSet fences)
        {
            _step = step;
            Begin();
            foreach (Fence fence in fences.Fences)
                Await(fence, _legs);
            End();
        }

        /// <summary>Has the step wait for the end of the change that this thread makes; false when it makes none.</summary>
        public bool TryPutOff(Step step)
        {
            _step = step;
            return ThreadJobs.Own.TryPutOff(this);
        }

        public override void Run() => worker.Run(_step);
    }
}
