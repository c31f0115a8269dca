using XePt.Schedules.Protocols;

namespace XePt.Schedules;

/// <summary>
/// The small protocols of the engine have no bad schedule: every order of their steps, up to the order of independent ones, is followed to
/// its end. A schedule may have up to 256 steps; none needs more. The floors are about half of what was found.
/// </summary>
public class ScheduleTests
{
    [Fact]
    public void Walkers_find_a_published_table_filled() => Expect.Good(() => new PublishAndWalk(), schedules: 9, steps: 20);

    [Theory]
    [InlineData(2, false, false)]
    [InlineData(1, true, false)]
    [InlineData(1, true, true)]
    public void Each_callback_fires_once(int adders, bool hasLater, bool isSorted) =>
        Expect.Good(() => new SignalAndAdd(adders, hasLater, isSorted), schedules: 20, steps: 20);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public void Points_signal_once_with_their_own_error(int point, bool isSorted) =>
        Expect.Good(() => new TwoSignals(point, isSorted), schedules: 100, steps: 20);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nobody_sleeps_through_a_signal(bool hasTimeout) =>
        Expect.Good(() => new WaitAndSignal(hasTimeout), schedules: 6, steps: 15);

    [Fact]
    public void A_callback_fires_or_is_cancelled() => Expect.Good(() => new CancelAndSignal(), schedules: 6, steps: 12);

    [Fact]
    public void A_countdown_completes_once_after_all_its_fences() => Expect.Good(() => new Countdown(), schedules: 150, steps: 35);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pinned_walker_meets_no_next_owner_of_a_table(bool atOnce) =>
        Expect.Good(() => new RetireAndWalk(atOnce), schedules: 25, steps: 20);

    [Fact]
    public void A_scan_sees_every_pin_that_matters() => Expect.Good(() => new PinAndReuse(), schedules: 600, steps: 25);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_checker_has_nothing_to_say_of_a_right_walk(bool isUnlink) =>
        Expect.Good(() => new CheckedWalk(isUnlink), schedules: 10, steps: 20);

    [Theory]
    [InlineData(0, WaitForReaders.Before.Nobody)]
    [InlineData(2, WaitForReaders.Before.Nobody)]
    [InlineData(0, WaitForReaders.Before.Somebody)]
    [InlineData(2, WaitForReaders.Before.Somebody)]
    [InlineData(0, WaitForReaders.Before.Forgotten)]
    [InlineData(2, WaitForReaders.Before.Forgotten)]
    [InlineData(0, WaitForReaders.Before.Told)]
    public void Who_waits_for_readers_is_told(int pinned, WaitForReaders.Before before) =>
        Expect.Good(() => new WaitForReaders(pinned, before), schedules: 25, steps: 20);

    [Fact]
    public void Who_is_in_a_hurry_is_told_by_a_reader_that_stays() =>
        Expect.Good(() => new HurryReaders(1), schedules: 25, steps: 20);

    [Fact]
    public void Two_that_are_in_a_hurry_are_told_by_a_reader_that_stays() => Expect.GoodSoFar(() => new HurryReaders(2), runs: 8000);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Nobody_meets_the_next_owner_of_a_closed_VMs_tables(bool hasCore, bool hasWalker) =>
        Expect.Good(() => new CloseAndReuse(hasCore, hasWalker), schedules: 25, steps: 40);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Table_memory_of_a_device_goes_when_the_last_has_left(bool isOwed, bool isPinned) =>
        Expect.Good(() => new EndOfDevice(isOwed, isPinned), schedules: 3, steps: 12);

    [Theory]
    [InlineData(1, true, true, false)]
    [InlineData(1, true, false, false)]
    [InlineData(2, false, false, false)]
    [InlineData(1, true, true, true)]
    [InlineData(1, true, false, true)]
    [InlineData(2, false, false, true)]
    public void What_becomes_ripe_while_somebody_is_inside_is_settled_once(int signals, bool calls, bool harvests, bool wasAsked) =>
        Expect.Good(() => new RipeWhileInside(signals, calls, harvests, wasAsked), schedules: 14, steps: 11);

    [Fact]
    public void A_table_is_not_recycled_before_its_flush_is_acknowledged() =>
        Expect.Good(() => new RecycleAfterFlush(), schedules: 80, steps: 60);

    [Fact]
    public void No_access_uses_a_page_that_was_zapped_and_released() => Expect.Good(() => new ZapAndFault(), schedules: 2000, steps: 100);

    [Theory]
    [InlineData(true, 1, 400)]
    [InlineData(true, 2, 1500)]
    [InlineData(false, 1, 1800)]
    public void No_access_through_the_TLB_model_uses_a_released_page(bool isWarm, int accesses, int schedules) =>
        Expect.Good(() => new ZapAndTlbModel(isWarm, accesses), schedules, steps: 80);

    [Fact]
    public void No_walk_from_the_page_walk_cache_outlives_a_flush() =>
        Expect.Good(() => new UnlinkAndTlbModel(), schedules: 500, steps: 100);

    [Theory]
    [InlineData(true, 250)]
    [InlineData(false, 250)]
    public void A_core_that_acknowledges_between_accesses_uses_no_released_page(bool hasTimeout, int schedules) =>
        Expect.Good(() => new ZapAndCore(hasTimeout, waitsForReal: hasTimeout, insertsLate: false), schedules, steps: 60);

    [Theory]
    [InlineData(Meanwhile.Ends)]
    [InlineData(Meanwhile.Stops)]
    [InlineData(Meanwhile.StopsAndGoesOn)]
    [InlineData(Meanwhile.Completes)]
    public void A_sink_hears_only_of_jobs_that_it_has(Meanwhile meanwhile) =>
        Expect.Good(() => new InsideSubmit(meanwhile), schedules: 5, steps: 20);

    [Fact]
    public void A_running_job_does_not_fault() => Expect.Good(() => new ZapAfterJob(waits: true), schedules: 5, steps: 60);

    [Theory]
    [InlineData(false, 250)]
    [InlineData(true, 75)]
    public void No_job_uses_memory_that_went_before_its_mapping(bool isMove, int schedules) =>
        Expect.Good(() => new UnmapAfterRelease(isMove, holdsBack: true), schedules, steps: 70);

    [Fact]
    public void No_queue_goes_on_before_another_calls_repair() =>
        Expect.Good(() => new RepairAndResume(looksAgain: true), schedules: 350, steps: 70);

    [Theory]
    [InlineData(false, 2, 2)]
    [InlineData(true, 400, 45)]
    public void Invalidations_that_nobody_hears_complete(bool isWatched, int schedules, int steps) =>
        Expect.Good(() => new UnheardInvalidations(isWatched), schedules, steps);

    [Fact]
    public void Invalidations_complete_while_a_client_comes_and_goes() => Expect.Good(() => new ComeAndGo(), schedules: 500, steps: 60);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_client_that_joins_a_GT_during_a_flush_of_both_keeps_nothing_old(int gt) =>
        Expect.Good(() => new FlushBothGts(gt), schedules: 200, steps: 80);

    [Fact]
    public void A_core_that_joins_during_a_zap_uses_no_released_page() =>
        Expect.Good(
            () => new ZapAndCore(hasTimeout: false, waitsForReal: false, insertsLate: false, joinsLate: true), schedules: 10000, steps: 90);

    [Fact]
    public void Invalidations_of_two_threads_complete() =>
        Expect.Good(() => new Invalidations(issuers: 2, isInside: true), schedules: 400, steps: 60);

    [Fact]
    public void An_invalidation_completes_with_an_acknowledgement_from_elsewhere() =>
        Expect.Good(() => new Invalidations(issuers: 1, isInside: false), schedules: 20, steps: 30);

    [Fact]
    public void A_pooled_item_has_one_holder() => Expect.Good(() => new SharedPoolRent(), schedules: 100, steps: 15);

    [Fact]
    public void Returned_items_are_rented_once() => Expect.Good(() => new ReturnAndRent(), schedules: 25, steps: 8);

    [Fact]
    public void Processes_never_hold_more_device_memory_than_there_is() => Expect.Good(() => new TakeTogether(), schedules: 48, steps: 15);

    [Fact]
    public void What_a_process_claims_another_one_gives() => Expect.Good(() => new ClaimAndGive(), schedules: 23, steps: 22);

    [Fact]
    public void What_a_process_that_is_gone_had_is_there_for_others() =>
        Expect.Good(() => new ForgetAndJoin(), schedules: 580, steps: 33);

    [Fact]
    public void A_chunk_of_pages_has_one_owner() => Expect.Good(() => new ChunkStack(), schedules: 30, steps: 12);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void No_fault_binds_a_page_that_has_changed(bool hasRange, bool waitsForVm) =>
        Expect.Good(() => new FaultAndChange(hasRange, waitsForVm), schedules: 30, steps: 38);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_migration_whose_copies_are_late_ends_once(bool fails, bool isGivenUp) =>
        Expect.Good(() => new EndOfMove(fails, isGivenUp), schedules: 5, steps: 45);

    [Fact]
    public void A_fault_that_waits_again_while_the_device_ends_is_told_so() =>
        Expect.Good(() => new RetryAndEnd(), schedules: 5, steps: 45);

    [Fact]
    public void A_block_that_has_left_while_it_was_filled_holds_no_page() =>
        Expect.Good(() => new FillAndMoveOut(), schedules: 5, steps: 45);

    [Fact]
    public void A_fault_whose_copies_end_while_it_looks_is_serviced_to_its_end() =>
        Expect.Good(() => new CopyAndPark(), schedules: 5, steps: 30);

    [Fact]
    public void No_change_of_a_page_overtakes_the_flush_of_another() => Expect.Good(() => new ZapUnderWay(), schedules: 600, steps: 70);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_access_uses_a_page_that_has_moved(bool isBack) =>
        Expect.Good(() => new MoveAndAccess(isBack), schedules: 2300, steps: 100);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_is_left_of_memory_that_is_unmapped(bool isBound) =>
        Expect.Good(() => new UnmapAndFault(isBound), schedules: 300, steps: 45);

    [Theory]
    [InlineData(false, 170)]
    [InlineData(true, 1100)]
    public void A_fault_is_answered_once_or_forgotten_by_a_reset(bool isPutOff, int schedules) =>
        Expect.Good(() => new RaiseAndReset(isPutOff), schedules, steps: 19);

    [Fact]
    public void A_page_that_changes_is_not_bound_under_the_number_of_before() =>
        Expect.Good(() => new LookAndChange(), schedules: 1600, steps: 20);

    [Fact]
    public void No_access_sleeps_through_the_answer_to_its_fault() =>
        Expect.Good(() => new WaitForAnswer(parks: false), schedules: 50, steps: 55);

    [Fact]
    public void No_access_uses_a_page_that_two_changes_take() => Expect.Good(() => new AccessAndTwoChanges(), schedules: 50, steps: 85);

    [Fact]
    public void No_call_binds_a_userptr_that_has_changed() => Expect.GoodSoFar(() => new UserptrAndChange(), runs: 5000);
}
