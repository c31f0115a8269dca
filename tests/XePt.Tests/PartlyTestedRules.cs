namespace XePt.Tests;

/// <summary>
/// Rules of which tests assert some clauses only. A rule that is named by tests and not here is claimed whole. Each must be named by a
/// test, and none may be in <see cref="UnclaimedRules"/>.
/// </summary>
internal static class PartlyTestedRules
{
    /// <summary>What is claimed of a rule.</summary>
    /// <param name="Rule">Its id.</param>
    /// <param name="Asserted">The clauses that its tests assert.</param>
    /// <param name="Missing">Those that they do not.</param>
    /// <param name="WaitsFor">What these wait for: one of the reasons in <see cref="UnclaimedRules"/>.</param>
    public sealed record Part(string Rule, string Asserted, string Missing, string WaitsFor);

    /// <summary>By rule.</summary>
    public static IReadOnlyDictionary<string, Part> All { get; } = new Part[]
    {
        new("MADV-016", "the garbage collector comes first", "a wait that a signal interrupts (-EINTR)", UnclaimedRules.NotHere),
        new("MADV-023", "attributes, then entries, then one flush", "a flush that fails", UnclaimedRules.NotHere),
        new("BIND-012", "exec queues and private BOs outlive their VM; EXEC is -ECANCELED", "SVM ranges, which go with it",
            UnclaimedRules.NotHere),
        new("BIND-136", "one UNMAP per VMA in link order, none is fine", "a lock that a signal interrupts (-EINTR)",
            UnclaimedRules.NotHere),
        new("BIND-208", "-ENOBUFS for arrays that memory is too small for; no other limit (deviation)",
            "the update window of integrated devices", UnclaimedRules.NotHere),
        new("BIND-255", "reading, comparing, reset queues, time-outs, waking", "a pending signal that restarts the wait",
            UnclaimedRules.NotHere),
        new("BIND-277", "counting, filling, room, a vector that cannot be written", "an answer for which the host has no memory",
            UnclaimedRules.NotHere),
        new("BIND-272", "nobody sees a list between two ops", "the hang snapshot, which may", UnclaimedRules.Dump),
        new("PT-026", "the encoder", "the VM of the kernel, which uses it", UnclaimedRules.NotHere),
        new("PT-030", "VRAM and system memory", "stolen memory", UnclaimedRules.NotHere),
        new("PT-032", "VRAM BOs, SVM ranges of device pages, system pages", "stolen memory, peers", UnclaimedRules.NotHere),
        new("PT-033", "VRAM BOs, system BOs, userptrs, NULL, ranges", "stolen memory", UnclaimedRules.NotHere),
        new("PT-055", "the VRAM of the tile, or system memory", "accounting to the client", UnclaimedRules.Dump),
        new("PT-060", "all of the subtree goes, at once or when it may", "parents before children: here it is the other way round",
            UnclaimedRules.NotHere),
        new("PT-065", "VRAM BOs", "stolen memory", UnclaimedRules.NotHere),
        new("PT-070", "each of the four sources", "stolen memory", UnclaimedRules.NotHere),
        new("PT-112", "which tiles are zapped", "the locks under which", UnclaimedRules.NotHere),
        new("PT-118", "what is zapped, the hull that is flushed, the garbage collector", "waiting for the fences of the VM (deviation)",
            UnclaimedRules.NotHere),
        new("PT-119", "userptrs, BOs that move, MADVISE", "ranges, which need not wait (docs/concurrency/svm.md)", UnclaimedRules.NotHere),
        new("PT-137", "the hull and the lists are empty", "fence slots that are reserved", UnclaimedRules.NotHere),
        new("PT-138", "slot, hull, staged mark, flush, both outcomes", "fence slots that are reserved, the mark for the notifier lock",
            UnclaimedRules.NotHere),
        new("PT-139", "neither flush nor staged mark", "the mark for the notifier lock", UnclaimedRules.NotHere),
        new("PT-140", "when, page reclaim, hull, flush, failures", "fence slots that are reserved, the mark for the notifier lock",
            UnclaimedRules.NotHere),
        new("PT-141", "when, flush, no page reclaim", "the mark for the notifier lock", UnclaimedRules.NotHere),
        new("PT-159", "the order of the stores, the trace", "the barrier, the register that is written", UnclaimedRules.NotHere),
        new("PT-160", "the same stores in a job that waits for its fences", "commands of the copy engine and what they address",
            UnclaimedRules.NotHere),
        new("PT-166", "zeros", "the barrier", UnclaimedRules.NotHere),
        new("PT-196", "size, fences, roots, flush, VMAs, scratch tables, trees of tables", "the kernel's own VM", UnclaimedRules.NotHere),
        new("PT-206", "invalidations of a GT and those of ranges, page reclaim", "times, sizes of range binds", UnclaimedRules.Events),
        new("PT-203", "creation, validation, moves", "xe_bo_cpu_fault: the engine does not see the CPU reach for a BO",
            UnclaimedRules.NotHere),
        new("PT-207", "the failure points, bit 31, a look at a userptr that fails when a test says so (deviation)", "the d that doubles",
            UnclaimedRules.NotHere),
        new("STA-013", "faults, notifiers, the garbage collector", "prefetches, repeated binds, the last look", UnclaimedRules.Events),
        new("FLT-031", "a VM that is not in fault mode", "an address space id of no VM; the reply", UnclaimedRules.Test),
        new("FLT-046", "stale pages are pinned again, pages that are gone, repetition", "protection (-EPERM), the reply",
            UnclaimedRules.Test),
        new("SVM-012", "a mirror with an offset is refused", "that the address of the GPU is that of the CPU", UnclaimedRules.Test),
        new("SVM-014", "the binds, round after round", "pages that the GPU touches", UnclaimedRules.Test),
        new("SVM-022", "the seed: nothing is done", "the final driver", UnclaimedRules.Test),
        new("SVM-109", "another error is the answer", "one more try with everything else out of memory", UnclaimedRules.Test),
        new("SVM-125", "a refused call changes nothing", "garbage collection that is waited for first", UnclaimedRules.Test),
        new("SVM-160", "the worker, mirror faults, binds, advice; the attribute query does not wait", "EXEC", UnclaimedRules.Test),
        new("SVM-163", "ranges that were zapped, with and without tables that go", "scratch pages, tiles that are still valid",
            UnclaimedRules.Test),
        new("SVM-190", "what is flushed and gone at the end, faults and changes before that", "the order of the steps",
            UnclaimedRules.Test),
        new("EVT-001", "moves, evictions, first memory, pinned BOs", "swap, imported BOs", UnclaimedRules.NotHere),
        new("EVT-009", "VRAM BOs, whose memory the system takes over; protected and pinned ones stay",
            "SVM blocks, a device that is unplugged", UnclaimedRules.Test),
        new("EVT-012", "BOs of users, that come back when they are used", "SVM blocks, pinned BOs", UnclaimedRules.Test),
        new("CON-004", "userptrs", "ranges", UnclaimedRules.Test),
        new("CON-005", "userptrs", "ranges", UnclaimedRules.Test),
        new("CON-013", "binds and faults", "unbinds of the garbage collector", UnclaimedRules.Test),
        new("CON-014", "userptrs", "ranges, MADVISE", UnclaimedRules.Test),
        new("RN-045", "bit 31, deferred BOs that get no memory, huge BOs, bad userptrs", "the limit of an array on integrated devices",
            UnclaimedRules.RenderNode),
    }.ToDictionary(part => part.Rule);
}
