using XePt.Schedules.Mutants;
using XePt.Schedules.Protocols;

namespace XePt.Schedules;

/// <summary>
/// The explorer finds each planted bug. Most are planted in the production code (<see cref="Bug"/>); the others are options of the
/// protocol, where the step belongs to the caller of the engine. With nothing planted the mutated copy is as good as the code itself.
/// </summary>
public class PlantedBugTests
{
    [Fact]
    public void None() => Expect.Good(Mutant.Of<SignalAndAdd>([], 2, false, false), schedules: 150, steps: 20);

    [Fact]
    public void A_table_linked_before_it_is_filled() =>
        Expect.Bad(Mutant.Of<PublishAndWalk>([Bug.LinksBeforeItFills]), "the new page or none");

    [Fact]
    public void A_publication_without_a_barrier() =>
        Expect.Bad(Mutant.Of<PublishAndWalk>([Bug.NoBarrierBeforePublication]), "the new page or none");

    [Fact]
    public void A_signal_that_looks_at_the_callbacks_before_it_writes() =>
        Expect.Bad(Mutant.Of<SignalAndAdd>([Bug.LooksBeforeItWrites], 2, false, false), "fired 0 times, taken: True");

    [Fact]
    public void An_addition_that_does_not_look_again() =>
        Expect.Bad(Mutant.Of<SignalAndAdd>([Bug.DoesNotLookAgain], 2, false, false), "fired 0 times, taken: True");

    [Fact]
    public void A_wait_that_does_not_look_again() => Expect.Bad(Mutant.Of<WaitAndSignal>([Bug.DoesNotLookAgain], false), "deadlock");

    [Fact]
    public void A_list_of_callbacks_that_is_not_taken_in_one_step() =>
        Expect.Bad(Mutant.Of<SignalAndAdd>([Bug.TakesByLoadAndStore], 2, false, false), "fired 0 times, taken: True");

    [Fact]
    public void A_heap_of_callbacks_that_two_threads_sort() =>
        Expect.Bad(Mutant.Of<TwoSignals>([Bug.SortsTogether, Bug.FiresUnguarded], 1, false), "fired 2 times");

    [Fact]
    public void Callbacks_that_are_not_all_due_and_are_not_put_back() =>
        Expect.Bad(Mutant.Of<SignalAndAdd>([Bug.DropsUnordered], 1, true, false), "fired 0 times");

    [Fact]
    public void A_sorting_thread_that_does_not_look_who_came_meanwhile() =>
        Expect.Bad(Mutant.Of<SignalAndAdd>([Bug.LeavesUnasked], 2, true, true), "fired 0 times, taken: True");

    [Fact]
    public void A_cancelled_callback_that_fires() => Expect.Bad(Mutant.Of<CancelAndSignal>([Bug.FiresUnguarded]), "cancelled True");

    [Fact]
    public void A_countdown_that_starts_at_zero() => Expect.Bad(Mutant.Of<Countdown>([Bug.StartsAtZero]), "complete");

    [Fact]
    public void A_gate_that_is_left_without_a_look_at_what_is_ripe() =>
        Expect.Bad(Mutant.Of<RipeWhileInside>([Bug.LeavesWithoutLook], 1, true, false, false), "settled 0 times");

    [Fact]
    public void Ripe_work_left_to_a_gate_that_is_free_by_now() =>
        Expect.Bad(Mutant.Of<RipeWhileInside>([Bug.LeavesWorkWithoutLook], 1, true, false, false), "settled 0 times");

    [Fact]
    public void A_harvest_that_counts_as_asked_for_until_it_is_over() =>
        Expect.Bad(Mutant.Of<RipeWhileInside>([Bug.ClearsLate], 2, false, false, false), "settled 0 times");

    [Fact]
    public void A_reader_that_leaves_without_a_look() =>
        Expect.Bad(Mutant.Of<WaitForReaders>([Bug.LeavesUntold], 2, WaitForReaders.Before.Nobody), "freed in the end");

    [Fact]
    public void A_reader_that_leaves_without_a_fence() =>
        Expect.Bad(Mutant.Of<WaitForReaders>([Bug.LeavesWithoutFence], 2, WaitForReaders.Before.Somebody), "freed in the end");

    [Fact]
    public void A_reader_that_switches_the_fence_off_without_a_second_look() =>
        Expect.Bad(Mutant.Of<WaitForReaders>([Bug.ForgetsWithoutLook], 2, WaitForReaders.Before.Forgotten), "freed in the end");

    [Fact]
    public void A_reader_that_forgets_what_it_has_not_told() =>
        Expect.Bad(Mutant.Of<WaitForReaders>([Bug.ForgetsUntold], 0, WaitForReaders.Before.Told), "freed in the end");

    [Fact]
    public void A_silent_reader_that_does_not_look_for_hurry() =>
        Expect.Bad(Mutant.Of<HurryReaders>([Bug.HurriesUnheard], 1), "freed");

    [Fact]
    public void A_hurry_without_a_scan() =>
        Expect.Bad(Mutant.Of<HurryReaders>([Bug.HurriesWithoutScan], 1), "freed in the end");

    [Fact]
    public void A_hurry_that_is_taken_back_after_the_telling() =>
        Expect.Bad(Mutant.Of<HurryReaders>([Bug.CalmsLate], 2), "freed by the next refresh");

    [Fact]
    public void A_wait_for_readers_without_a_scan() =>
        Expect.Bad(Mutant.Of<WaitForReaders>([Bug.WaitsWithoutScan], 0, WaitForReaders.Before.Nobody), "freed in the end");

    [Fact]
    public void Tables_of_a_closed_VM_that_are_freed_before_the_acknowledgement() =>
        Expect.Bad(Mutant.Of<CloseAndReuse>([Bug.FreesOwed], true, false), "next owner");

    [Fact]
    public void Tables_of_a_closed_VM_that_are_freed_under_a_walker() =>
        Expect.Bad(Mutant.Of<CloseAndReuse>([Bug.FreesSeen], false, true), "next owner");

    [Fact]
    public void An_acknowledgement_that_is_not_told_after_the_end_of_the_device() =>
        Expect.Bad(Mutant.Of<EndOfDevice>([Bug.ForgetsEnd], true, false), "freed 0 times");

    [Fact]
    public void A_reader_that_leaves_an_ended_device_without_a_look() =>
        Expect.Bad(Mutant.Of<EndOfDevice>([Bug.LeavesUntold], false, true), "freed 0 times");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pin_without_a_fence(bool atOnce) => Expect.Bad(Mutant.Of<RetireAndWalk>([Bug.PinsWithoutFence], atOnce), "next owner");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stamp_or_scan_before_the_fence(bool atOnce) =>
        Expect.Bad(Mutant.Of<RetireAndWalk>([Bug.StampsBeforeFence], atOnce), "next owner");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reclaim_that_ignores_pins(bool atOnce) => Expect.Bad(Mutant.Of<RetireAndWalk>([Bug.IgnoresPins], atOnce), "next owner");

    [Fact]
    public void A_number_of_used_entries_that_does_not_rise() => Expect.Bad(Mutant.Of<PinAndReuse>([Bug.NoMark]), "next owner");

    /// <summary>No bug: the number and the pin both come before the walk, and a scan that misses either comes before both.</summary>
    [Fact]
    public void A_number_of_used_entries_that_rises_after_the_claim_is_harmless() =>
        Expect.Good(Mutant.Of<PinAndReuse>([Bug.LateMark]), schedules: 600, steps: 25);

    [Fact]
    public void A_table_recycled_before_the_acknowledgement() =>
        Expect.Bad(Mutant.Of<RecycleAfterFlush>([Bug.RecyclesEarly]), "next owner");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_job_that_does_not_wait_for_the_unbind_of_what_has_gone(bool isMove) =>
        Expect.Bad(() => new UnmapAfterRelease(isMove, holdsBack: false), "after its release");

    [Fact]
    public void A_resume_that_does_not_wait_for_another_calls_repair() =>
        Expect.Bad(() => new RepairAndResume(looksAgain: false), "after its release");

    [Fact]
    public void A_zap_that_does_not_wait_for_the_fence() => Expect.Bad(() => new ZapAfterJob(waits: false), "does not fault");

    [Fact]
    public void A_zap_that_does_not_wait_for_its_flush() =>
        Expect.Bad(Mutant.Of<ZapAndCore>([Bug.DoesNotAwaitFlush], false, false, false, false), "after its release");

    [Fact]
    public void A_page_released_when_the_flush_timed_out() =>
        Expect.Bad(() => new ZapAndCore(hasTimeout: true, waitsForReal: false, insertsLate: false), "after its release");

    [Fact]
    public void A_core_that_inserts_after_it_acknowledged() =>
        Expect.Bad(() => new ZapAndCore(hasTimeout: false, waitsForReal: true, insertsLate: true), "after its release");

    [Fact]
    public void An_insertion_that_does_not_look_for_flushes() =>
        Expect.Bad(Mutant.Of<ZapAndTlbModel>([Bug.InsertsStale], false, 1), "after its release");

    [Fact]
    public void A_walk_from_the_page_walk_cache_during_a_flush() =>
        Expect.Bad(Mutant.Of<UnlinkAndTlbModel>([Bug.StartsDuringFlush]), "after its release");

    [Fact]
    public void An_invalidation_that_is_lost() =>
        Expect.Bad(Mutant.Of<ZapAndTlbModel>([Bug.LosesInvalidations], true, 1), "after its release");

    [Fact]
    public void A_checker_that_sees_a_table_linked_before_it_is_filled() =>
        Expect.Bad(Mutant.Of<CheckedWalk>([Bug.LinksBeforeItFills], false), "the checker finds no fault");

    [Fact]
    public void A_checker_that_sees_a_table_reused_under_a_pin() =>
        Expect.Bad(Mutant.Of<CheckedWalk>([Bug.IgnoresPins], true), "the checker finds no fault");

    [Fact]
    public void An_acknowledgement_over_an_access() =>
        Expect.Bad(Mutant.Of<ZapAndTlbModel>([Bug.AcknowledgesInUse], true, 1), "after its release");

    [Fact]
    public void A_last_access_that_does_not_acknowledge() =>
        Expect.Bad(Mutant.Of<ZapAndTlbModel>([Bug.LastDoesNotAcknowledge], true, 1), "deadlock");

    [Fact]
    public void An_acknowledgement_that_nobody_looks_at() =>
        Expect.Bad(Mutant.Of<Invalidations>([Bug.NobodySettles], 1, false), "complete");

    [Fact]
    public void A_request_without_a_barrier_behind_it() =>
        Expect.Bad(Mutant.Of<UnheardInvalidations>([Bug.LooksBeforeItAsks], true), "complete");

    [Fact]
    public void A_client_that_joins_without_saying_that_it_listens() =>
        Expect.Bad(Mutant.Of<ZapAndCore>([Bug.IsNotHeard], false, false, false, true), "after its release");

    [Fact]
    public void A_client_that_says_so_by_a_load_and_a_store() =>
        Expect.Bad(Mutant.Of<ComeAndGo>([Bug.MarksByLoadAndStore]), "no number is lost");

    [Fact]
    public void A_leave_of_the_last_client_by_a_load_and_a_store() =>
        Expect.Bad(Mutant.Of<ComeAndGo>([Bug.SilentByLoadAndStore]), "no number is lost");

    [Fact]
    public void A_look_at_the_media_GT_before_the_barrier() =>
        Expect.Bad(Mutant.Of<FlushBothGts>([Bug.LooksAtMediaFirst], 1), "nobody keeps");

    [Fact]
    public void A_job_that_is_cancelled_while_the_sink_is_being_given_it() =>
        Expect.Bad(Mutant.Of<InsideSubmit>([Bug.CancelsInSubmit], Meanwhile.Ends), "the sink keeps 1 jobs");

    [Fact]
    public void A_job_given_to_the_sink_of_a_queue_that_has_ended_meanwhile() =>
        Expect.Bad(Mutant.Of<InsideSubmit>([Bug.LeavesSubmitWithoutLook], Meanwhile.Ends), "the job is over: False");

    [Fact]
    public void A_sink_that_is_asked_to_stop_a_job_that_it_is_being_given() =>
        Expect.Bad(Mutant.Of<InsideSubmit>([Bug.StopsInSubmit], Meanwhile.Stops), "a job that it has");

    [Fact]
    public void A_job_given_to_the_sink_of_a_queue_that_was_stopped_meanwhile() =>
        Expect.Bad(Mutant.Of<InsideSubmit>([Bug.LeavesSubmitUnstopped], Meanwhile.Stops), "the sink keeps 1 jobs");

    [Fact]
    public void Items_popped_one_by_one() => Expect.Bad(Mutant.Of<SharedPoolRent>([Bug.PopsOneByOne]), "hold");

    [Fact]
    public void A_push_that_does_not_look_whether_it_did() =>
        Expect.Bad(Mutant.Of<ReturnAndRent>([Bug.PushesUnchecked]), "items came back");

    [Fact]
    public void Chunks_popped_without_a_count_of_changes() => Expect.Bad(Mutant.Of<ChunkStack>([Bug.NoChangeCount]), "two owners");

    [Theory]
    [InlineData(Bug.LooksBeforeItCounts)]
    [InlineData(Bug.CountsWithoutFence)]
    public void Device_memory_that_two_processes_hold(string bug) => Expect.Bad(Mutant.Of<TakeTogether>([bug]), "both hold");

    [Theory]
    [InlineData(Bug.LooksAtSumFirst)]
    [InlineData(Bug.AsksForTheRest)]
    public void Device_memory_that_nobody_is_asked_for(string bug) => Expect.Bad(Mutant.Of<ClaimAndGive>([bug]), "in the end");

    [Fact]
    public void A_slot_that_is_free_before_it_is_empty() =>
        Expect.Bad(Mutant.Of<ForgetAndJoin>([Bug.FreesBeforeItEmpties]), "nobody holds any more");

    [Theory]
    [InlineData(Bug.ReadsSequenceLate)]
    [InlineData(Bug.StoresUnasked)]
    [InlineData(Bug.NoLastLook)]
    [InlineData(Bug.WritesOutside)]
    [InlineData(Bug.MarksLate)]
    [InlineData(Bug.CollectsInMiddle)]
    public void A_fault_that_binds_a_page_that_has_changed(string bug) =>
        Expect.Bad(Mutant.Of<FaultAndChange>([bug], false, false), "mapped");

    [Fact]
    public void A_fault_that_waits_inside_its_VM_for_a_change() =>
        Expect.Bad(Mutant.Of<FaultAndChange>([Bug.StaysInside], true, true), "deadlock");

    [Fact]
    public void A_fault_that_has_met_a_change_and_does_not_come_back() =>
        Expect.Bad(Mutant.Of<FaultAndChange>([Bug.StaysAway], true, false), "the fault is serviced");

    [Fact]
    public void A_fault_that_is_answered_before_it_is_serviced() =>
        Expect.Bad(Mutant.Of<CopyAndPark>([Bug.AnswersHalf]), "the migration has ended 0 times");

    [Fact]
    public void A_fault_that_waits_again_without_a_look_at_the_end_of_the_device() =>
        Expect.Bad(Mutant.Of<RetryAndEnd>([Bug.LeavesEnded]), "told 0 times");

    [Fact]
    public void A_block_that_leaves_before_it_is_filled() =>
        Expect.Bad(Mutant.Of<FillAndMoveOut>([Bug.LeavesUnfilled]), "a block that has left holds no page");

    [Fact]
    public void A_migration_that_two_threads_end() => Expect.Bad(Mutant.Of<EndOfMove>([Bug.EndsTwice], false, false), "NullReference");

    [Theory]
    [InlineData(Bug.FlushesFirst, false)]
    [InlineData(Bug.FlushesFirst, true)]
    [InlineData(Bug.DoesNotAwaitFlush, false)]
    [InlineData(Bug.DoesNotAwaitFlush, true)]
    [InlineData(Bug.LosesInvalidations, true)]
    public void A_migration_that_gives_pages_back_before_its_flush(string bug, bool isBack) =>
        Expect.Bad(Mutant.Of<MoveAndAccess>([bug], isBack), "after its release");

    [Fact]
    public void A_change_that_overtakes_the_flush_of_another() =>
        Expect.Bad(Mutant.Of<ZapUnderWay>([Bug.OvertakesFlush]), "after its release");

    [Theory]
    [InlineData(Bug.LeavesOldRange)]
    [InlineData(Bug.MakesInMiddle)]
    public void A_range_that_is_made_while_its_mapping_goes(string bug) =>
        Expect.Bad(Mutant.Of<UnmapAndFault>([bug], false), "1 ranges are left");

    [Fact]
    public void Garbage_that_is_left_to_a_VM_which_is_free_by_now() =>
        Expect.Bad(Mutant.Of<UnmapAndFault>([Bug.LeavesWithoutLook], true), "1 ranges are left");

    [Fact]
    public void A_fault_that_is_answered_although_a_reset_has_forgotten_it() =>
        Expect.Bad(Mutant.Of<RaiseAndReset>([Bug.ServesForgotten], true), "2 answered, 1 forgotten");

    [Theory]
    [InlineData(Bug.CountsLate)]
    [InlineData(Bug.LooksAtCountFirst)]
    public void A_look_at_pages_under_the_number_of_a_change_in_its_middle(string bug) =>
        Expect.Bad(Mutant.Of<LookAndChange>([bug]), "the old page is bound");

    [Theory]
    [InlineData(Bug.TakesFenceLate)]
    [InlineData(Bug.WakesEarly)]
    [InlineData(Bug.WaitsUnsaid)]
    public void An_access_that_sleeps_through_its_answer(string bug) => Expect.Bad(Mutant.Of<WaitForAnswer>([bug], false), "deadlock");

    /// <summary>No bug: how often an access looks at a queue that waits decides only how soon it gives up.</summary>
    [Fact]
    public void An_access_that_looks_once_at_a_queue_that_waits_is_harmless() =>
        Expect.Good(Mutant.Of<WaitForAnswer>([Bug.LooksOnce], true), schedules: 250, steps: 80);

    [Fact]
    public void A_queue_that_begins_to_wait_and_tells_no_access() =>
        Expect.Bad(Mutant.Of<WaitForAnswer>([Bug.LooksOnce, Bug.ParksUntold], true), "deadlock");

    [Theory]
    [InlineData(Bug.CollectsThrough)]
    [InlineData(Bug.ReturnsUndone)]
    public void A_call_that_binds_a_userptr_that_has_changed(string bug) => Expect.Bad(Mutant.Of<UserptrAndChange>([bug]), "mapped");

    [Theory]
    [InlineData(Bug.FlushesValidOnly)]
    [InlineData(Bug.AcknowledgesUnasked)]
    [InlineData(Bug.DoesNotAwaitFlush)]
    [InlineData(Bug.LosesInvalidations)]
    public void A_change_that_does_not_wait_for_the_flush_of_another(string bug) =>
        Expect.Bad(Mutant.Of<AccessAndTwoChanges>([bug]), "after its release");
}
