namespace XePt.Schedules.Mutants;

/// <summary>The bugs that can be planted in the production code, each a line or two.</summary>
internal static class Bug
{
    public const string NoBarrierBeforePublication = "no barrier before publication";
    public const string LinksBeforeItFills = "links a table before it is filled";
    public const string LosesInvalidations = "client is not told and counts as having acknowledged";
    public const string LooksBeforeItWrites = "signal looks at the callbacks before it writes";
    public const string DoesNotLookAgain = "addition does not look again";
    public const string TakesByLoadAndStore = "list taken by a load and a store";
    public const string PushesUnchecked = "pushes without looking whether it did";
    public const string SortsTogether = "two threads sort the callbacks at once";
    public const string DropsUnordered = "does not put back callbacks that have to be sorted";
    public const string LeavesUnasked = "sorting thread does not look who came meanwhile";
    public const string FiresUnguarded = "fires without an exchange of the state";
    public const string StartsAtZero = "countdown starts at zero";
    public const string PinsWithoutFence = "pin is a plain store";
    public const string NoMark = "number of used entries does not rise";
    public const string LateMark = "number of used entries rises after the claim";
    public const string StampsBeforeFence = "no fence between unlink and stamp";
    public const string IgnoresPins = "reclaim ignores pins";
    public const string RecyclesEarly = "recycles before the acknowledgement";
    public const string DoesNotAwaitFlush = "zap does not wait for its flush";
    public const string InsertsStale = "insertion does not look for flushes";
    public const string AcknowledgesInUse = "acknowledges over accesses in progress";
    public const string StartsDuringFlush = "walks from the page-walk cache during a flush";
    public const string LastDoesNotAcknowledge = "last access does not acknowledge";
    public const string NobodySettles = "nobody looks at acknowledgements after the delivery";
    public const string LeavesWithoutLook = "leaves a gate without a look at the work left to it";
    public const string LeavesWorkWithoutLook = "leaves work to a gate that may be free by now";
    public const string ClearsLate = "work counts as asked for until it is done";
    public const string LeavesUntold = "a reader leaves without a look at who waits";
    public const string ForgetsUntold = "a reader that has refreshed its pin silently tells of the last pin only";
    public const string HurriesUnheard = "a reader that is silent does not look whether somebody is in a hurry";
    public const string HurriesWithoutScan = "says that it is in a hurry without a scan";
    public const string CalmsLate = "the hurry of those who come meanwhile is taken back with that of those told";
    public const string LeavesWithoutFence = "a reader that is waited for leaves without a fence";
    public const string ForgetsWithoutLook = "a reader that switches the fence off does not look again";
    public const string WaitsWithoutScan = "waits for readers without a scan";
    public const string FreesOwed = "frees the tables of a closed VM before TLBs have acknowledged";
    public const string FreesSeen = "frees the tables of a closed VM without a look at readers";
    public const string ForgetsEnd = "an acknowledgement after the end of the device frees nothing";
    public const string CancelsInSubmit = "cancels a job that is being given to the sink";
    public const string LeavesSubmitWithoutLook = "gives a job to the sink without a look at whether the queue has ended meanwhile";
    public const string StopsInSubmit = "asks the sink to stop a job that it is being given";
    public const string LeavesSubmitUnstopped = "gives a job to the sink without a look at whether the queue was stopped meanwhile";
    public const string LooksBeforeItAsks = "looks at the delivered count before it puts its request into the slot";
    public const string IsNotHeard = "client joins without saying that it listens";
    public const string MarksByLoadAndStore = "client says that it listens by a load and a store";
    public const string SilentByLoadAndStore = "last client to leave says so by a load and a store";
    public const string LooksAtMediaFirst = "looks whether the media GT is heard before the primary GT's number";
    public const string PopsOneByOne = "pops a shared stack one by one";
    public const string ReadsSequenceLate = "reads the notifier's sequence number after it has looked at the pages";
    public const string StoresUnasked = "stores collected pages without asking whether they have changed";
    public const string NoLastLook = "writes entries of a range without a last look at its pages";
    public const string WritesOutside = "writes entries of a range outside the notifier gate";
    public const string MarksLate = "marks a range as bound after it has left the notifier gate";
    public const string FlushesFirst = "flushes before it zaps";
    public const string OvertakesFlush = "a change that finds nothing to zap does not look for zaps under way";
    public const string LeavesOldRange = "makes a range without asking whether the mapping has changed meanwhile";
    public const string CountsLate = "a change counts as active only after its number";
    public const string LooksAtCountFirst = "looks whether a change is active before it reads the number";
    public const string ServesForgotten = "serves faults that a reset has forgotten";
    public const string AnswersHalf = "answers a fault whose fence has signalled just now, before it has gone on";
    public const string CollectsInMiddle = "collects pages in the middle of a change";
    public const string MakesInMiddle = "makes a range in the middle of a change";
    public const string StaysInside = "waits inside the VM for the end of a change";
    public const string StaysAway = "a fault that has left its VM for a change does not come back";
    public const string LeavesEnded = "a fault waits again without a look at whether the device has ended meanwhile";
    public const string LeavesUnfilled = "a block that is being filled leaves, with nothing in it yet";
    public const string EndsTwice = "a migration is not marked before it is ended";
    public const string NoChangeCount = "no count of changes beside the head";
    public const string LooksBeforeItCounts = "looks at what all hold before it counts what it takes";
    public const string CountsWithoutFence = "no fence between what it counts and its look at what all hold";
    public const string LooksAtSumFirst = "looks at what all hold before it looks at what it is asked for";
    public const string AsksForTheRest = "asks for what is missing beyond what is asked for already";
    public const string FreesBeforeItEmpties = "frees a slot before it is empty";

    public const string FlushesValidOnly = "flushes only where entries are that no other change has zapped";
    public const string CollectsThrough = "collects pages of a userptr in the middle of a change";
    public const string ReturnsUndone = "a change of a userptr does not wait for who carries it out";
    public const string AcknowledgesUnasked = "acknowledges without a look at accesses";
    public const string TakesFenceLate = "takes the fence to wait for after the look at the answer";
    public const string WakesEarly = "asks whether anybody waits before the answer is known";
    public const string WaitsUnsaid = "waits for an answer without saying so";
    public const string ParksUntold = "does not wake accesses when a queue begins to wait";
    public const string LooksOnce = "looks at a waiting queue once";

    /// <summary>What they change.</summary>
    public static IReadOnlyList<Edit> Edits { get; } =
    [
        new(
            LooksBeforeItCounts, "SharedVram.cs", "own->Hold(tile, (long)bytes);\n            Interlocked.MemoryBarrier();",
            "long early = PLANTED ? _slots.SumOf(tile) + (long)bytes : 0;\n            own->Hold(tile, (long)bytes);\n"
            + "            Interlocked.MemoryBarrier();"),
        new(
            LooksBeforeItCounts, "SharedVram.cs", "long missing = _slots.SumOf(tile) - (long)capacity;",
            "long missing = (PLANTED ? early : _slots.SumOf(tile)) - (long)capacity;"),
        new(
            CountsWithoutFence, "SharedVram.cs", "own->Hold(tile, (long)bytes);\n            Interlocked.MemoryBarrier();",
            "own->Hold(tile, (long)bytes);\n            if (!PLANTED) Interlocked.MemoryBarrier();"),
        new(
            LooksAtSumFirst, "SharedVram.cs", "long asked = Volatile.Read(ref own->Asked[tile]), held",
            "long early = PLANTED ? _slots.SumOf(tile) : 0;\n        long asked = Volatile.Read(ref own->Asked[tile]), held"),
        new(LooksAtSumFirst, "SharedVram.cs", "sum = _slots.SumOf(tile);", "sum = PLANTED ? early : _slots.SumOf(tile);"),
        new(
            AsksForTheRest, "SharedVram.cs", "TryAsk(own, tile, Math.Min(missing, (long)bytes))",
            "((PLANTED && missing <= Volatile.Read(ref _slots[0]->Asked[tile])) || TryAsk(own, tile, Math.Min(missing, (long)bytes)))"),
        new(
            FreesBeforeItEmpties, "VramSlots.cs", "slot->Clear();\n            Volatile.Write(ref slot->Process, 0UL);",
            "if (!PLANTED) slot->Clear();\n            Volatile.Write(ref slot->Process, 0UL);\n            if (PLANTED) slot->Clear();"),
        new(
            NoBarrierBeforePublication, "PteBlock.Publish.cs", "ulong* src, nuint count)\n    {\n        ",
            "ulong* src, nuint count)\n    {\n        if (!PLANTED) "),
        new(
            NoBarrierBeforePublication, "PteBlock.Publish.cs", "Store(ulong* dst, ulong value)\n    {\n        ",
            "Store(ulong* dst, ulong value)\n    {\n        if (!PLANTED) "),
        new(
            LinksBeforeItFills, "TableCommit.cs", "int level = 0;\n        // SAFETY",
            """
            int level = 0;
            // What a former owner of the page may have left: a present leaf to somewhere else.
            ulong* late = PLANTED && update.NewTables.Count > 0 ? update.Tables.Pool.Entries(update.NewTables[0]) : null;
            ulong filled = late == null ? 0 : *late;
            if (late != null)
                PteBlock.StoreEach(late, 1, 0x6_6600_0003);
            // SAFETY
            """),
        new(
            LinksBeforeItFills, "TableCommit.cs", "record->Count, EmptyOf(update, record->Level));\n        }",
            """
            record->Count, EmptyOf(update, record->Level));
            }
            if (late != null)
                PteBlock.StoreEach(late, 1, filled);
            """),
        new(
            LosesInvalidations, "TlbRegistration.cs", "Client.Invalidate(new",
            "if (PLANTED)\n            Acknowledge(seqno);\n        else\n            Client.Invalidate(new"),
        new(
            LooksBeforeItWrites, "FenceTimeline.cs", "if (!Advance(word))\n            return false;",
            "if (PLANTED && Volatile.Read(ref _callbacks) is null)\n            return Advance(word);\n        if " +
            "(!Advance(word))\n            return false;"),
        new(
            DropsUnordered, "FenceTimeline.cs", "PushStack.Push(ref _callbacks, added!,",
            "if (!PLANTED) PushStack.Push(ref _callbacks, added!,"),
        new(DoesNotLookAgain, "FenceTimeline.cs", "if (HasReached(seqno) || additions %",
            "if ((!PLANTED && HasReached(seqno)) || additions %"),
        new(
            TakesByLoadAndStore, "PushStack.cs",
            "where T : class => Volatile.Read(ref head) is null ? null : Interlocked.Exchange(ref head, null);",
            """
            where T : class
            {
                T? items = Volatile.Read(ref head);
                if (!PLANTED)
                    return items is null ? null : Interlocked.Exchange(ref head, null);
                Volatile.Write(ref head, null);
                return items;
            }
            """),
        new(PushesUnchecked, "PushStack.cs", "if (AreSame(found, seen))", "if (PLANTED || AreSame(found, seen))"),
        // What need not be sorted never meets another that sorts.
        new(SortsTogether, "FenceTimeline.cs", "if (!TryFireUnsorted())", "if (PLANTED || !TryFireUnsorted())"),
        new(SortsTogether, "Rounds.cs", "Interlocked.Increment(ref _asked) == 1", "(Interlocked.Increment(ref _asked) == 1 || PLANTED)"),
        new(
            LeavesUnasked, "Rounds.cs", "Interlocked.Add(ref _asked, -asked) == 0",
            "(PLANTED ? Interlocked.Exchange(ref _asked, 0) * 0 : Interlocked.Add(ref _asked, -asked)) == 0"),
        new(
            FiresUnguarded, "FenceCallback.cs", "if (Interlocked.CompareExchange(ref _state, Fired, Armed) == Armed)\n            Fire",
            "if (PLANTED ? !IsCancelled : Interlocked.CompareExchange(ref _state, Fired, Armed) == Armed)\n            Fire"),
        new(StartsAtZero, "FenceCountdown.cs", "Volatile.Write(ref _left, 1);", "Volatile.Write(ref _left, PLANTED ? 0 : 1);"),
        new(
            PinsWithoutFence, "ReaderTable.cs", "// The mark rises first",
            "if (PLANTED) { _used = Math.Max(_used, i + 1); Volatile.Write(ref *Entry(i), epoch); return i; }\n\n            // The mark " +
            "rises first"),
        new(NoMark, "ReaderTable.cs", "for (int used = Used; used <= i; used = Used)",
            "for (int used = Used; used <= i && !PLANTED; used = Used)"),
        new(
            LateMark, "ReaderTable.cs",
            "for (int i = 0; i < Capacity; i++)\n        {\n            if (Volatile.Read(ref *Entry(i)) != 0)\n                continue;",
            """
            for (int i = 0; i < Capacity; i++)
            {
                if (Volatile.Read(ref *Entry(i)) != 0)
                    continue;
                if (PLANTED && Interlocked.CompareExchange(ref *Entry(i), epoch, 0) == 0)
                {
                    for (int late = Used; late <= i; late = Used)
                        Interlocked.CompareExchange(ref _used, i + 1, late);
                    return i;
                }
            """),
        new(
            StampsBeforeFence, "TableCommit.cs", "        if (level > 0)\n            update",
            "        if (PLANTED)\n            level = 0;\n        else if (level > 0)\n            update"),
        new(IgnoresPins, "EpochDomain.cs", "return Math.Min(current, oldest);", "return PLANTED ? current : Math.Min(current, oldest);"),
        new(IgnoresPins, "EpochDomain.cs", "HasReaders => OldestPin()", "HasReaders => !PLANTED && OldestPin()"),
        new(RecyclesEarly, "PtJob.cs", "if (TryAwait(owner.AcknowledgedFence(", "if (!PLANTED && TryAwait(owner.AcknowledgedFence("),
        new(DoesNotAwaitFlush, "TlbFlush.cs", "hub.Wait(GtAt(i), issued[i]);", "if (!PLANTED) hub.Wait(GtAt(i), issued[i]);"),
        new(StartsDuringFlush, "TlbUnit.cs", "bool isFlushing = ", "bool isFlushing = !PLANTED && "),
        new(InsertsStale, "TlbArray.cs", "bool inserts = ", "bool inserts = PLANTED || "),
        new(LastDoesNotAcknowledge, "TlbUnit.cs", "if (_tlb.IsOwing)", "if (_tlb.IsOwing && !PLANTED)"),
        new(AcknowledgesInUse, "ReferenceTlb.cs", "if (!IgnoresUnits)", "if (!IgnoresUnits && !PLANTED)"),
        new(NobodySettles, "TlbPort.cs", "GiveRoleUp();\n            }\n\n            SignalAcknowledged();",
            "GiveRoleUp();\n            }\n\n            if (!PLANTED) SignalAcknowledged();"),
        new(
            LeavesWithoutLook, "WriterGate.cs", "if (_leaving.IsOn)", "if (_leaving.IsOn && !PLANTED)"),
        new(LeavesWorkWithoutLook, "WriterGate.cs", "if (_gate.IsHeld || ", "if (PLANTED || _gate.IsHeld || "),
        new(
            ClearsLate, "WriterGate.cs", "Interlocked.Exchange(ref _asked, Unasked);\n        try",
            "if (!PLANTED) Interlocked.Exchange(ref _asked, Unasked);\n        try"),
        new(
            ClearsLate, "WriterGate.cs", "        finally\n        {\n",
            "        finally\n        {\n            if (PLANTED) Interlocked.Exchange(ref _asked, Unasked);\n"),
        new(
            LeavesUntold, "EpochDomain.cs", "Volatile.Write(ref *entry, 0);\n        if (_epoch",
            "Volatile.Write(ref *entry, 0);\n        if (!PLANTED && _epoch"),
        new(ForgetsUntold, "EpochDomain.cs", "if (entry[Untold] != 0)", "if (!PLANTED && entry[Untold] != 0)"),
        new(HurriesUnheard, "EpochDomain.cs", "&& Volatile.Read(ref _epoch.IsHurried) == 0)",
            "&& (PLANTED || Volatile.Read(ref _epoch.IsHurried) == 0))"),
        new(HurriesWithoutScan, "EpochDomain.cs", "ref _epoch.IsHurried, 1) == 0)", "ref _epoch.IsHurried, 1) == 0 && !PLANTED)"),
        new(CalmsLate, "EpochDomain.cs", "Volatile.Write(ref _epoch.IsHurried, 0);",
            "if (!PLANTED) Volatile.Write(ref _epoch.IsHurried, 0);"),
        new(CalmsLate, "EpochDomain.cs", "            told.ReadersLeft();\n        }",
            "            told.ReadersLeft();\n        }\n        if (PLANTED) Volatile.Write(ref _epoch.IsHurried, 0);"),
        new(
            LeavesWithoutFence, "EpochDomain.cs", "Interlocked.MemoryBarrier();\n        HaveLeft(",
            "if (!PLANTED) Interlocked.MemoryBarrier();\n        HaveLeft("),
        new(ForgetsWithoutLook, "EpochDomain.cs", "IsOffAfter(ref quiet) || !IsAwaited", "IsOffAfter(ref quiet) || !IsAwaited || PLANTED"),
        new(
            WaitsWithoutScan, "EpochDomain.cs", "Leaving.Pass();\n        TellIfLeft();",
            "Leaving.Pass();\n        if (!PLANTED) TellIfLeft();"),
        new(FreesOwed, "ClosedTables.cs", "if (TryAwait(owed[_acknowledged]))", "if (!PLANTED && TryAwait(owed[_acknowledged]))"),
        new(FreesOwed, "TileTables.cs", "if (!left.IsOwed)", "if (PLANTED || !left.IsOwed)"),
        new(FreesSeen, "ClosedTables.cs", "&& !AwaitsReaders()", "&& (PLANTED || !AwaitsReaders())"),
        new(ForgetsEnd, "ClosedVms.cs", "_ended?.Invoke();", "(PLANTED ? null : _ended)?.Invoke();"),
        new(CancelsInSubmit, "JobQueue.cs", "_oldest is { State: JobState.Submitting or JobState.Completing };",
            "(_oldest is { State: JobState.Submitting or JobState.Completing } && !(PLANTED && _oldest.State == JobState.Submitting));"),
        new(
            LeavesSubmitWithoutLook, "JobQueue.cs", "if (isEnded)\n            CancelAll();",
            "if (isEnded && !PLANTED)\n            CancelAll();"),
        new(StopsInSubmit, "JobQueue.cs", "bool canPreempt = running is { State: JobState.Running };",
            "bool canPreempt = running is { State: JobState.Running } || (PLANTED && running is { State: JobState.Submitting });"),
        new(LeavesSubmitUnstopped, "JobQueue.cs", "else if (isToBeStopped &&", "else if (isToBeStopped && !PLANTED &&"),
        // As a processor does without the barrier behind the store into the slot: the issuer sees its own.
        new(
            LooksBeforeItAsks, "TlbPort.cs", "Enqueue(seqno, request);\n        if (IsNextThere(out _))",
            "bool isThere = PLANTED && (Volatile.Read(ref _delivered) + 1 == seqno || IsNextThere(out _));\n"
            + "        Enqueue(seqno, request);\n        if (PLANTED ? isThere : IsNextThere(out _))"),
        new(IsNotHeard, "TlbPort.cs", "while ((word & Heard) == 0)", "while ((word & Heard) == 0 && !PLANTED)"),
        new(
            MarksByLoadAndStore, "TlbPort.cs", "ulong found = Interlocked.CompareExchange(ref _word, word | Heard, word);",
            "if (PLANTED)\n                Volatile.Write(ref _word, word | Heard);\n"
            + "            ulong found = PLANTED ? word : Interlocked.CompareExchange(ref _word, word | Heard, word);"),
        new(
            SilentByLoadAndStore, "TlbPort.cs", "Interlocked.CompareExchange(ref _word, word & ~Heard, word);",
            "_ = PLANTED ? Interlocked.Exchange(ref _word, word & ~Heard) : Interlocked.CompareExchange(ref _word, word & ~Heard, word);"),
        new(
            LooksAtMediaFirst, "TlbFlush.cs", "ulong primary = ports.Primary.Issue();",
            "bool isHeard = !PLANTED || ports.Media is { IsHeard: true };\n        ulong primary = ports.Primary.Issue();"),
        new(
            LooksAtMediaFirst, "TlbFlush.cs", "primary, ports.Media is { IsHeard: true } media ?",
            "primary, isHeard && ports.Media is { IsHeard: true } media ?"),
        new(PopsOneByOne, "SharedPool.cs", "_gate.Enter();", "if (!PLANTED) _gate.Enter();"),
        new(PopsOneByOne, "SharedPool.cs", "_gate.Exit();", "if (!PLANTED) _gate.Exit();"),
        new(
            PopsOneByOne, "ReturnStack.cs", "T? item = _own ?? TakeReturned();",
            """
            if (PLANTED)
            {
                for (T? top = Volatile.Read(ref _returned), found; top is not null; top = found)
                {
                    found = Interlocked.CompareExchange(ref _returned, top.NextReturned, top);
                    if (ReferenceEquals(found, top))
                        return top;
                }

                return null;
            }

            T? item = _own ?? TakeReturned();
            """),
        new(NoChangeCount, "PageTablePool.cs", "(head & ~PageMask) + (1UL << PageBits)",
            "PLANTED ? 0 : (head & ~PageMask) + (1UL << PageBits)"),
        new(
            ReadsSequenceLate, "RangePages.cs", "        // Looking may have changed",
            "        if (PLANTED)\n            space.Host.TryReadBegin(notifier, out sequence);\n        // Looking may have changed"),
        new(
            StoresUnasked, "RangePages.cs", ": space.Host.ReadRetry(notifier, sequence) ? Errno.EAGAIN",
            ": !PLANTED && space.Host.ReadRetry(notifier, sequence) ? Errno.EAGAIN"),
        new(NoLastLook, "RangeBind.cs", "if (!isInjected && vm", "if (!isInjected && PLANTED || !isInjected && vm"),
        new(
            WritesOutside, "RangeBind.cs", "if (outcome == Outcome.Done)\n            outcome = Submission.Run(vm, queue ??",
            "if (PLANTED)\n            vm.Ranges.Gate.Exit();\n"
            + "        if (outcome == Outcome.Done)\n            outcome = Submission.Run(vm, queue ??"),
        new(
            WritesOutside, "RangeBind.cs", "waitsForFlushes: queue is not null);\n",
            "waitsForFlushes: queue is not null);\n        if (PLANTED)\n            vm.Ranges.Gate.Enter();\n"),
        new(MarksLate, "Submission.cs", "if (tile.Binds)", "if (tile.Binds && !PLANTED)"),
        new(
            MarksLate, "RangeBind.cs", "        vm.Ranges.Gate.Exit();\n        return outcome;",
            """
                    vm.Ranges.Gate.Exit();
                    if (PLANTED && outcome == Outcome.Done)
                    {
                        vm.Ranges.Gate.Enter();
                        vm.Ranges[ranges[0]].TilePresent = 1;
                        vm.Ranges[ranges[0]].TileInvalidated = 0;
                        vm.Ranges.Gate.Exit();
                    }

                    return outcome;
            """),
        new(
            FlushesFirst, "RangeInvalidation.cs", "        var zap = new ImmediateZap(space.Vm, change.Range.Start, change.Range.End);",
            "        if (PLANTED)\n            space.Vm.Tlb.OfZap(1, change.Range.Start, change.Range.End, TlbInvalidationCause.Range);\n"
            + "        var zap = new ImmediateZap(space.Vm, change.Range.Start, change.Range.End);"),
        new(FlushesFirst, "RangeInvalidation.cs", "if (zap.Unflushed == 0)", "if (zap.Unflushed == 0 || PLANTED)"),
        new(
            OvertakesFlush, "ImmediateZap.cs", "_ofOthers |= vm.Ranges.Zaps.Tiles",
            "_ofOthers |= PLANTED ? 0 : vm.Ranges.Zaps.Tiles"),
        new(
            LeavesOldRange, "RangeLookup.cs", "if (error == Errno.Ok && space.Host.ReadRetry",
            "if (error == Errno.Ok && !PLANTED && space.Host.ReadRetry"),
        new(
            CollectsInMiddle, "RangePages.cs", "if (!space.Host.TryReadBegin(notifier, out ulong sequence))",
            "if (!space.Host.TryReadBegin(notifier, out ulong sequence) && !PLANTED)"),
        new(
            MakesInMiddle, "RangeLookup.cs", "if (space.Host.TryReadBegin(notifier, out ulong sequence))",
            "if (space.Host.TryReadBegin(notifier, out ulong sequence) || PLANTED)"),
        new(StaysInside, "PageLooks.cs", "if (isLong && thread.MayComeBack)", "if (isLong && thread.MayComeBack && !PLANTED)"),
        new(
            StaysAway, "FaultQueue.cs", "if (TryLeave(PutOff))\n                    _scheduler",
            "if (TryLeave(PutOff) && !PLANTED)\n                    _scheduler"),
        new(
            LeavesEnded, "FaultQueue.cs", "if (Interlocked.CompareExchange(ref _parking, how, Going) == Going)",
            "if (Interlocked.CompareExchange(ref _parking, how, Going) == Going || PLANTED)"),
        new(
            LeavesUnfilled, "SvmBlock.cs", "if (Volatile.Read(ref _pages) == Filling)\n            return Errno.EBUSY;",
            "if (PLANTED && Volatile.Read(ref _pages) == Filling)\n            return Errno.Ok;\n"
            + "        if (Volatile.Read(ref _pages) == Filling)\n            return Errno.EBUSY;"),
        new(
            EndsTwice, "PendingMove.cs", "if (ends)\n            _stage = Stage.Ending;",
            "if (ends && !PLANTED)\n            _stage = Stage.Ending;"),
        new(
            CountsLate, "SubscriptionBook.cs", "            Join(change, met);\n            // Behind",
            """
                        if (PLANTED)
                        {
                            Volatile.Write(ref met.Sequence, met.Sequence + 1);
                            Join(change, met);
                            MoveBackByAge(change.Met);
                            continue;
                        }

                        Join(change, met);
                        // Behind
            """),
        new(
            LooksAtCountFirst, "SubscriptionBook.cs", "        sequence = Volatile.Read(ref known.Sequence);\n",
            "        bool wasQuiet = PLANTED && Volatile.Read(ref known.Active) == 0;\n"
            + "        sequence = Volatile.Read(ref known.Sequence);\n"),
        new(
            LooksAtCountFirst, "SubscriptionBook.cs", "bool isQuiet = Volatile.Read(ref known.Active) == 0;",
            "bool isQuiet = PLANTED ? wasQuiet : Volatile.Read(ref known.Active) == 0;"),
        new(AnswersHalf, "FaultQueue.cs", "if (!_current.IsOver)", "if (!PLANTED && !_current.IsOver)"),
        new(ServesForgotten, "FaultQueue.cs", "if (!_isSquashed[_tail])", "if (PLANTED || !_isSquashed[_tail])"),
        new(
            FlushesValidOnly, "UserptrInvalidation.cs", "byte tiles = vm.IsIdle ? v.ValidTiles",
            "byte tiles = PLANTED || vm.IsIdle ? v.ValidTiles"),
        new(
            CollectsThrough, "HostUserptrs.cs", "RunPending(isInCall: true);\n            return looks.MeetChange();",
            "RunPending(isInCall: true);\n            if (!PLANTED)\n                return looks.MeetChange();"),
        new(ReturnsUndone, "HostUserptrs.cs", "while (!pending.IsDone)", "while (!PLANTED && !pending.IsDone)"),
        new(
            AcknowledgesUnasked, "AccessGate.cs", "if (gate.HasAccessesUpTo(epoch))",
            "if (!PLANTED && gate.HasAccessesUpTo(epoch))"),
        new(TakesFenceLate, "DeviceAccess.cs", "!next.Wait(left)", "!(PLANTED ? scheduler.NextWork : next).Wait(left)"),
        new(
            WakesEarly, "AccessFault.cs",
            "if (Interlocked.CompareExchange(ref _state, Known, Waiting) == Waiting)\n            device.Wake();",
            """
            if (PLANTED)
                device.Wake();
            if (Interlocked.CompareExchange(ref _state, Known, Waiting) == Waiting)
            {
                if (!PLANTED)
                    device.Wake();
            }
            """),
        new(
            WaitsUnsaid, "DeviceAccess.cs", "Interlocked.Increment(ref _waiting);",
            "if (!PLANTED)\n            Interlocked.Increment(ref _waiting);"),
        new(
            ParksUntold, "FaultQueue.cs", "may not wait for the fence.\n                _scheduler.Wake();",
            "may not wait for the fence.\n                if (!PLANTED)\n                    _scheduler.Wake();"),
        new(LooksOnce, "DeviceAccess.cs", "const int MostLooks = 200;", "static int MostLooks => PLANTED ? 0 : 200;"),
    ];
}
