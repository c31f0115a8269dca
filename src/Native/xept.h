/* The C ABI of XePt: the Intel Xe GPU's VM_BIND and page-table engine, without a GPU.
 *
 * Written from the declarations of the library by its tests; do not edit it. docs/native.md is the guide.
 *
 * Results: 0, or what the call says, when it succeeds; a negative error number when not, and xept_last_failure
 * says why. What a failed call was to fill is as it was, unless the call says otherwise.
 *
 * Handles are checked: one that is closed, of another kind or made up is -EBADF. Other pointers than those that
 * ioctls are given must be good, or NULL where the call says so; a NULL that must not be is -EFAULT.
 *
 * Structs that begin with their size are filled in with it by the caller, as in
 *     xept_device_options options = {.size = sizeof(options)};
 * so that a program and a library of different versions understand each other.
 *
 * Threads: every function may be called from any thread at any time, walkers excepted, of which each is for one
 * thread at a time. The library has no thread but one of its runtime's, which sleeps. Callbacks come on the thread
 * whose call causes them, without a lock of the library's held; they may make any call unless they say otherwise,
 * and must return: no longjmp, no C++ exception. A child of fork may use the library if no other thread was inside
 * it at that moment.
 */
#ifndef XEPT_H
#define XEPT_H

#include <stdint.h>

/* The library is libxept.so.1; the lower half rises when something is added. */
#define XEPT_ABI_VERSION 0x00010008u

#ifdef __cplusplus
extern "C" {
#endif

/* A device: one GPU without hardware. */
typedef struct xept_device xept_device;

/* A client of a device: what an open file of the render node is to the driver. */
typedef struct xept_client xept_client;

/* What holds table memory in place for a page walker. */
typedef struct xept_walker xept_walker;

/* A TLB that acknowledges invalidations. */
typedef struct xept_tlb xept_tlb;

/* A job that runs, from the call of the sink until it is completed, cancelled or preempted. */
typedef struct xept_job xept_job;

/* What a VM was at a moment. */
typedef struct xept_snapshot xept_snapshot;

/* Choices about a client that are yes or no. */
enum xept_client_flag {
    /* Pointers given to ioctls are good: they are followed without asking the system, and a bad
     * one crashes the process. Without it the system copies, and a bad pointer is -EFAULT. */
    XEPT_CLIENT_FLAG_TRUST_POINTERS = 1,
    /* The client may use what takes privileges (CAP_SYS_NICE). */
    XEPT_CLIENT_FLAG_PRIVILEGED = 2,
    /* The client is this process: userptrs and CPU address mirrors are of its memory. Who
     * changes that memory says so before (xept_process_changing); device memory that its pages
     * live in is the process's memory all the same, whose bytes do not move. */
    XEPT_CLIENT_FLAG_PROCESS_MEMORY = 4,
};

/* Choices about a device that are yes or no. */
enum xept_device_flag {
    /* Time is the computer's CLOCK_MONOTONIC. Without it a virtual clock stands still until it
     * is advanced, by xept_clock_advance or by a wait of an inline device. */
    XEPT_DEVICE_FLAG_SYSTEM_CLOCK = 1,
    /* One thread makes all calls, so nobody else can end a wait of it. */
    XEPT_DEVICE_FLAG_SINGLE_THREADED = 2,
    /* Debug build of the driver: bind flag bit 31 injects errors. */
    XEPT_DEVICE_FLAG_DEBUG_BUILD = 4,
    /* The driver was built without SVM. */
    XEPT_DEVICE_FLAG_NO_SVM = 8,
    /* The driver was built without userptr support. */
    XEPT_DEVICE_FLAG_NO_USERPTR = 16,
    /* The library runs the batches of jobs itself, when xept_batches_run is called; submit must
     * be NULL. */
    XEPT_DEVICE_FLAG_RUNS_BATCHES = 32,
    /* Each buffer object has a file in memory of its own, so that it moves while the CPU sees it
     * (xept_bo_mmap), and a forked child makes objects that its parent does not see. Regions
     * have no files then. All devices with this flag share the numbers that ioctls give out as
     * descriptors, so that they import each other's objects and sync files. */
    XEPT_DEVICE_FLAG_BO_FILES = 64,
    /* After each xept_ioctl, and each xept_pump and xept_batches_run that has done something,
     * the tables of every VM that has changed are compared with its list of VMAs, and every
     * access is held against the TLB invalidations: check_failed and xept_device_totals tell
     * what was wrong. It costs a look at every entry that maps something. */
    XEPT_DEVICE_FLAG_CHECKS = 128,
};

/* What else is to be said of a job. */
enum xept_job_flag {
    /* The TLBs of its engine were flushed for it. */
    XEPT_JOB_FLAG_FLUSHES_TLB = 1,
    /* It ran before and was preempted. */
    XEPT_JOB_FLAG_WAS_PREEMPTED = 2,
};

/* How memory of this process changes. */
enum xept_process_change {
    /* Mappings go away: munmap, mmap over them, the old place of mremap, brk. */
    XEPT_PROCESS_CHANGE_UNMAP = 0,
    /* Pages are dropped, the mapping stays: madvise(MADV_DONTNEED) and its like. */
    XEPT_PROCESS_CHANGE_DISCARD = 1,
    /* The protection changes: mprotect. */
    XEPT_PROCESS_CHANGE_PROTECT = 2,
    /* Pages are shared with a child, which copies what is written. */
    XEPT_PROCESS_CHANGE_FORK = 3,
};

/* Choices about a recorder that are yes or no. */
enum xept_recorder_flag {
    /* Keep accepted calls, their stages, validated BOs and TLB invalidations, too: as dear as a
     * small call itself. */
    XEPT_RECORDER_FLAG_VERBOSE = 1,
    /* Events carry real time; without it that of the device's clock. */
    XEPT_RECORDER_FLAG_REAL_TIME = 2,
};

/* Choices of a comparison that are yes or no. */
enum xept_compare_flag {
    /* Where tables are counts, too: two snapshots without a difference are the same byte for
     * byte. */
    XEPT_COMPARE_FLAG_TABLE_PLACES = 1,
};

/* What differs between two snapshots. */
enum xept_difference_kind {
    /* A VMA: there is none that begins here in one of them, or anything of it is different. */
    XEPT_DIFFERENCE_KIND_VMA = 0,
    /* A table: there is none in one of them, and then its entries are not told; or its count,
     * its kind or (with XEPT_COMPARE_FLAG_TABLE_PLACES) its place is different. */
    XEPT_DIFFERENCE_KIND_TABLE = 1,
    /* An entry of a table that is in both. */
    XEPT_DIFFERENCE_KIND_ENTRY = 2,
};

/* The snapshots that have something. */
enum xept_difference_in {
    /* The first. */
    XEPT_DIFFERENCE_IN_FIRST = 1,
    /* The second. */
    XEPT_DIFFERENCE_IN_SECOND = 2,
};

/* What else is to be said of a TLB invalidation. */
enum xept_invalidation_flag {
    /* All translations of the GT go. */
    XEPT_INVALIDATION_FLAG_FULL = 1,
    /* A thread is blocked until the acknowledgement. */
    XEPT_INVALIDATION_FLAG_SYNCHRONOUS = 2,
    /* Only the pages of the reclaim list have to leave the caches. */
    XEPT_INVALIDATION_FLAG_RECLAIM_LIST = 4,
};

/* What else is to be said of a leaf. */
enum xept_leaf_flag {
    /* The GPU may write. */
    XEPT_LEAF_FLAG_WRITABLE = 1,
    /* The address is one of device memory, not of system memory. */
    XEPT_LEAF_FLAG_DEVICE_MEMORY = 2,
    /* The leaf is in a table of 64 KiB entries. */
    XEPT_LEAF_FLAG_COMPACT = 4,
    /* A NULL leaf: no memory behind it. */
    XEPT_LEAF_FLAG_NULL = 8,
};

/* What else is to be said of a VMA. */
enum xept_vma_flag {
    /* The null flag; a mirror may carry it, too. */
    XEPT_VMA_FLAG_NULL = 1,
    /* The GPU may not write. */
    XEPT_VMA_FLAG_READ_ONLY = 2,
    /* Contents go into the hang dump. */
    XEPT_VMA_FLAG_DUMPABLE = 4,
    /* Attributes fall back to defaults when the CPU range is unmapped. */
    XEPT_VMA_FLAG_AUTORESET = 8,
    /* Leaves can carry the atomic-enable bit. */
    XEPT_VMA_FLAG_MAY_ENABLE_ATOMICS = 16,
    /* A userptr whose CPU pages have changed since they were pinned. */
    XEPT_VMA_FLAG_STALE = 32,
};

/* What an atomic access does with the word that it finds. */
enum xept_atomic_operation {
    /* Adds the operand; overflow is cut off. */
    XEPT_ATOMIC_OPERATION_ADD = 0,
    /* Puts the operand in its place. */
    XEPT_ATOMIC_OPERATION_EXCHANGE = 1,
    /* Puts the operand in its place if it equals the comparand. */
    XEPT_ATOMIC_OPERATION_COMPARE_EXCHANGE = 2,
    /* Keeps the smaller one, without sign. */
    XEPT_ATOMIC_OPERATION_MIN = 3,
    /* Keeps the larger one, without sign. */
    XEPT_ATOMIC_OPERATION_MAX = 4,
    /* Keeps the smaller one, with sign. */
    XEPT_ATOMIC_OPERATION_SIGNED_MIN = 5,
    /* Keeps the larger one, with sign. */
    XEPT_ATOMIC_OPERATION_SIGNED_MAX = 6,
    /* Keeps the bits that both have. */
    XEPT_ATOMIC_OPERATION_AND = 7,
    /* Sets the bits of the operand. */
    XEPT_ATOMIC_OPERATION_OR = 8,
    /* Turns the bits of the operand round. */
    XEPT_ATOMIC_OPERATION_XOR = 9,
};

/* What the GPU wanted to do when it faulted. */
enum xept_access_kind {
    /* Read. */
    XEPT_ACCESS_KIND_READ = 0,
    /* Write. */
    XEPT_ACCESS_KIND_WRITE = 1,
    /* Read and write in one step that nobody comes between. */
    XEPT_ACCESS_KIND_ATOMIC = 2,
};

/* Which stage of the uAPI the device behaves as. */
enum xept_profile {
    /* The driver of Linux v7.0; the default. */
    XEPT_PROFILE_FINAL = 0,
    /* The seed patch as posted: every CPU address mirror bind is refused with -EOPNOTSUPP. */
    XEPT_PROFILE_SEED_GATED = 1,
    /* The seed patch with that one refusal removed. */
    XEPT_PROFILE_SEED_OPEN = 2,
};

/* How work that waits for fences gets done; the end states are the same. */
enum xept_drive {
    /* Everything that can complete does so inside the call that makes it possible, in one
     * thread; a wait for something that nothing can bring about is -EDEADLK instead of a hang.
     * Deterministic. */
    XEPT_DRIVE_INLINE = 0,
    /* Submitted work stays queued until the embedder's threads pump it; waits block until
     * another thread signals, unless there is none. */
    XEPT_DRIVE_QUEUED = 1,
};

/* The page-table entry formats. Bit positions never differ between platforms, only which bits
 * can occur does; platforms with the same set of bits share a format. */
enum xept_format {
    /* Xe_LP and Xe_LP+: TGL, RKL, ADL, DG1. */
    XEPT_FORMAT_XE_LP = 0,
    /* Xe_HPG: DG2, ATS-M. */
    XEPT_FORMAT_XE_HPG = 1,
    /* Xe_HPC: PVC. */
    XEPT_FORMAT_XE_HPC = 2,
    /* Xe_LPG: MTL, ARL. */
    XEPT_FORMAT_XE_LPG = 3,
    /* Xe2, Xe3 and Xe3p: LNL, BMG, PTL, WCL, NVL-S, CRI. */
    XEPT_FORMAT_XE2 = 4,
};

/* What events are about: the keywords of the event source, and what a recorder is asked to keep. */
enum xept_events {
    /* Nothing. */
    XEPT_EVENTS_NONE = 0,
    /* Calls of clients, from start to stop. */
    XEPT_EVENTS_IOCTL = 1,
    /* The stages of a bind, from start to stop. */
    XEPT_EVENTS_STAGE = 2,
    /* What happens to VMAs. */
    XEPT_EVENTS_VMA = 4,
    /* What happens to VMs. */
    XEPT_EVENTS_VM = 8,
    /* TLB invalidations. */
    XEPT_EVENTS_TLB = 16,
    /* What happens to BOs. */
    XEPT_EVENTS_BO = 32,
    /* Faults of the GPU, from start to stop. */
    XEPT_EVENTS_FAULT = 64,
    /* SVM ranges and the moves of their pages. */
    XEPT_EVENTS_SVM = 128,
    /* Fences that signal, exec queues. */
    XEPT_EVENTS_FENCE = 256,
    /* Everything. */
    XEPT_EVENTS_ALL = 511,
};

/* Why a TLB invalidation was issued. */
enum xept_invalidation_cause {
    /* A tile update of a bind or unbind; part of its fence. */
    XEPT_INVALIDATION_CAUSE_BIND = 0,
    /* A VMA was zapped; the caller waits. */
    XEPT_INVALIDATION_CAUSE_ZAP = 1,
    /* An SVM range was zapped; the caller waits. */
    XEPT_INVALIDATION_CAUSE_RANGE = 2,
    /* A batch flushes its VM before it starts; the batch does it itself, so no message is
     * counted. */
    XEPT_INVALIDATION_CAUSE_EXEC = 3,
    /* A VM is being closed; the memory of its tables waits. */
    XEPT_INVALIDATION_CAUSE_CLOSE = 4,
};

/* How a VM keeps its mappings valid for running jobs. */
enum xept_vm_mode {
    /* Jobs carry DMA fences; neither LR_MODE nor FAULT_MODE. */
    XEPT_VM_MODE_DMA_FENCE = 0,
    /* Long-running jobs that are preempted; LR_MODE without FAULT_MODE. */
    XEPT_VM_MODE_PREEMPT_FENCE = 1,
    /* Recoverable page faults; LR_MODE with FAULT_MODE. */
    XEPT_VM_MODE_FAULT = 2,
};

/* Outcome of walking the tables for one address. */
enum xept_translation_status {
    /* A leaf maps the address to memory. */
    XEPT_TRANSLATION_STATUS_MAPPED = 0,
    /* A NULL leaf, of a sparse binding or of the scratch tables: reads give zero, writes vanish. */
    XEPT_TRANSLATION_STATUS_NULL = 1,
    /* An entry on the way is not present: the access faults. */
    XEPT_TRANSLATION_STATUS_NOT_PRESENT = 2,
    /* The address is beyond the VM: the access faults. */
    XEPT_TRANSLATION_STATUS_OUT_OF_RANGE = 3,
    /* A directory entry points where no table is; only a foreign writer can cause it. */
    XEPT_TRANSLATION_STATUS_BAD_TABLE = 4,
};

/* Kinds of VMAs. */
enum xept_vma_kind {
    /* Backed by a BO. */
    XEPT_VMA_KIND_BO = 0,
    /* Backed by CPU memory. */
    XEPT_VMA_KIND_USERPTR = 1,
    /* Sparse: reads zero, writes vanish. */
    XEPT_VMA_KIND_NULL = 2,
    /* CPU address mirror. */
    XEPT_VMA_KIND_MIRROR = 3,
};

/* Page sizes a VMA has ever been mapped with. They accumulate. */
enum xept_page_size {
    /* Never bound. */
    XEPT_PAGE_SIZE_NONE = 0,
    /* 4 KiB leaves. */
    XEPT_PAGE_SIZE_SIZE_4K = 1,
    /* 64 KiB-hinted 4 KiB entries. */
    XEPT_PAGE_SIZE_SIZE_64K = 2,
    /* A compact table of 64 KiB entries. */
    XEPT_PAGE_SIZE_COMPACT_64K = 4,
    /* 2 MiB leaves. */
    XEPT_PAGE_SIZE_SIZE_2M = 8,
    /* 1 GiB leaves. */
    XEPT_PAGE_SIZE_SIZE_1G = 16,
};

/* How an access to memory through a VM ended. */
enum xept_access_status {
    /* All bytes were read or written. */
    XEPT_ACCESS_STATUS_DONE = 0,
    /* Nothing is mapped there, in a VM that is not in fault mode: on hardware the end of the
     * queue. */
    XEPT_ACCESS_STATUS_NOT_PRESENT = 1,
    /* The address is beyond the VM. */
    XEPT_ACCESS_STATUS_OUT_OF_RANGE = 2,
    /* The mapping is read-only and the access was a write or atomic, in a VM that is not in
     * fault mode. */
    XEPT_ACCESS_STATUS_READ_ONLY = 3,
    /* The page fault is not answered yet: its bind or its queue waits for fences, or for a pump.
     * Try again later; is_idle tells when nothing is in flight. */
    XEPT_ACCESS_STATUS_PENDING = 4,
    /* The mapping leads to memory whose contents nobody keeps: addresses that the embedder has
     * declared, without a store or unknown to it. */
    XEPT_ACCESS_STATUS_NO_MEMORY = 5,
    /* All bytes were read or written, some of them in pages without memory: NULL mappings and
     * scratch pages give zero and swallow writes. */
    XEPT_ACCESS_STATUS_SCRATCH = 6,
    /* The driver has answered the page fault as unsuccessful; why says why. */
    XEPT_ACCESS_STATUS_NACKED = 7,
    /* The entry does not enable atomics and the access was atomic, in a VM that is not in fault
     * mode. */
    XEPT_ACCESS_STATUS_NO_ATOMICS = 8,
    /* The driver has answered faults of one page as serviced again and again, and each time the
     * entry did not let the access pass: hardware would go on for ever. */
    XEPT_ACCESS_STATUS_REFAULTING = 9,
    /* The page fault will never be answered: its queue was full, or its GT was reset. */
    XEPT_ACCESS_STATUS_LOST = 10,
};

typedef struct xept_atomic_op xept_atomic_op;
typedef struct xept_fault xept_fault;
typedef struct xept_client_options xept_client_options;
typedef struct xept_object_counts xept_object_counts;
typedef struct xept_bo_info xept_bo_info;
typedef struct xept_segment xept_segment;
typedef struct xept_failure xept_failure;
typedef struct xept_device_options xept_device_options;
typedef struct xept_device_info xept_device_info;
typedef struct xept_totals xept_totals;
typedef struct xept_region_info xept_region_info;
typedef struct xept_job_info xept_job_info;
typedef struct xept_process_access_options xept_process_access_options;
typedef struct xept_recorder_options xept_recorder_options;
typedef struct xept_vm_counter_values xept_vm_counter_values;
typedef struct xept_snapshot_info xept_snapshot_info;
typedef struct xept_snapshot_table xept_snapshot_table;
typedef struct xept_difference xept_difference;
typedef struct xept_invalidation xept_invalidation;
typedef struct xept_vm_info xept_vm_info;
typedef struct xept_translation xept_translation;
typedef struct xept_walk_step xept_walk_step;
typedef struct xept_vma xept_vma;
typedef struct xept_mapping xept_mapping;
typedef struct xept_access_result xept_access_result;
typedef struct xept_access_request xept_access_request;
typedef struct xept_fault_reply xept_fault_reply;

/* An operation on a word of 4 or 8 bytes. */
struct xept_atomic_op {
    /* What is done. (enum xept_atomic_operation) */
    uint32_t operation;
    /* 4 or 8. */
    uint32_t size;
    /* The operand. */
    uint64_t operand;
    /* What compare-exchange compares with. */
    uint64_t comparand;
};

/* A page fault as the firmware reports it. */
struct xept_fault {
    /* Page that it faulted at. */
    uint64_t page_address;
    /* GT that faulted. */
    uint32_t gt;
    /* Address-space id. */
    uint32_t asid;
    /* What was wanted. (enum xept_access_kind) */
    uint8_t access;
    /* 0 not present, 1 write violation, 2 atomic violation. */
    uint8_t type;
    /* Level at which the walk ended; 0xff is nacked. */
    uint8_t level;
    /* Class of the engine. */
    uint8_t engine_class;
    /* Number of the engine in its class. */
    uint8_t engine_instance;
    /* Virtual function. */
    uint8_t virtual_function;
    /* 16 bits of the firmware's own. */
    uint16_t producer_data;
};

/* Choices about a client. All zeros, but for the size, are the defaults. */
struct xept_client_options {
    /* Bytes of this struct. */
    uint32_t size;
    /* Where the memory is that ioctls are given pointers into. (enum xept_client_flag) */
    uint32_t flags;
    /* Handed to the callbacks below. */
    void *user;
    /* Reads bytes of the client's memory: 0, or not 0 when any of them is not readable, which
     * the ioctl turns into -EFAULT. NULL, with write: the memory is that of this process. */
    int (*read)(void *user, uint64_t address, void *into, uint64_t bytes);
    /* Writes bytes of the client's memory; as read. */
    int (*write)(void *user, uint64_t address, const void *from, uint64_t bytes);
};

/* Objects that a client has. */
struct xept_object_counts {
    /* Bytes of this struct. */
    uint32_t size;
    /* Handles of buffer objects. */
    uint32_t bos;
    /* VMs. */
    uint32_t vms;
    /* Queues. */
    uint32_t queues;
    /* Sync objects. */
    uint32_t syncobjs;
};

/* A buffer object. */
struct xept_bo_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* Number on the device, by which VMAs name it. */
    uint32_t number;
    /* Bytes. */
    uint64_t bytes;
    /* Regions it may live in, a bit each. */
    uint32_t placements;
    /* Region that it is in now; -1 while it has no memory. */
    int32_t region;
    /* Pieces of memory behind it. */
    uint32_t segment_count;
    /* 1 when it had to leave device memory. */
    uint32_t is_evicted;
};

/* A piece of the memory behind a buffer object. */
struct xept_segment {
    /* Offset in the object. */
    uint64_t offset;
    /* Address of the first byte, as entries name it. */
    uint64_t address;
    /* Bytes. */
    uint64_t bytes;
};

/* Why a call failed. */
struct xept_failure {
    /* Bytes of this struct. */
    uint32_t size;
    /* What the call returned: a negative error number. */
    int32_t error;
    /* Index of the bind op that it is about, or -1. */
    int32_t op;
    /* Index of the sync entry that it is about, or -1. */
    int32_t sync;
    /* The value that was refused. */
    uint64_t value;
    /* The rule of the specification, for example "BIND-074"; "" when it is none of the driver's. */
    const char *rule;
    /* The C name of the field that was refused; "" without one. */
    const char *field;
    /* The whole, as a sentence. */
    const char *sentence;
};

/* Choices about a device. All zeros, but for the size, are the defaults. */
struct xept_device_options {
    /* Bytes of this struct. */
    uint32_t size;
    /* Choices that are yes or no. (enum xept_device_flag) */
    uint32_t flags;
    /* Stage of the uAPI that the device behaves as. (enum xept_profile) */
    uint32_t profile;
    /* How work that waits for fences gets done. (enum xept_drive) */
    uint32_t drive;
    /* Bytes of system memory; 0 for what the platform has. */
    uint64_t system_bytes;
    /* Bytes of VRAM of each tile; 0 for what the platform has. Without meaning on integrated
     * devices. */
    uint64_t vram_bytes;
    /* Bytes of each tile's VRAM that the CPU can reach, from its start; 0 for all. */
    uint64_t visible_vram_bytes;
    /* Device address of the page tables of tile 0; 0 for the platform's own place. */
    uint64_t page_table_window;
    /* Handed to the callbacks below. */
    void *user;
    /* Runs a job, which is complete when xept_job_complete says so, from inside the callback or
     * later. NULL: every job is complete at once. */
    void (*submit)(void *user, const xept_job_info *job);
    /* A job was cancelled: its queue was reset or destroyed. The handle ends with the callback.
     * May be NULL. */
    void (*cancelled)(void *user, const xept_job_info *job);
    /* Asks to take a running job off its engine: not 0 when it does not run any more, and then
     * its handle has ended and the job comes again by submit; 0 when it still runs, and then
     * xept_job_preempted may say so later. NULL: jobs are waited for. */
    int (*preempt)(void *user, const xept_job_info *job);
    /* A page fault that was raised is answered; xept_last_failure says why, if it was not
     * serviced. May be NULL. */
    void (*fault_reply)(void *user, const xept_fault_reply *reply);
    /* A batch that the library runs has failed, and its queue will be reset: a sentence that
     * says which, where and why, for the callback only. On the thread that runs the batch; it
     * must not call the library. May be NULL. */
    void (*batch_failed)(void *user, const char *sentence);
    /* A check has found something (XEPT_DEVICE_FLAG_CHECKS): a sentence that says after what,
     * which VM, tile and address, what was expected there and what was found, for the callback
     * only. On the thread that looks; it must not call the library. May be NULL. */
    void (*check_failed)(void *user, const char *sentence);
    /* Memory that processes share, each of which has made this device: the account of the VRAM
     * that they take together. All zeros at first, aligned to 64 bytes, there until the process
     * ends. NULL: all VRAM is this device's. */
    void *vram_account;
    /* Bytes of it, at least 4096: each 64 are a process. */
    uint64_t vram_account_bytes;
};

/* What a device is. */
struct xept_device_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* PCI device id. */
    uint32_t device_id;
    /* Graphics IP version times 100. */
    uint32_t graphics_verx100;
    /* Bits of a GPU virtual address. */
    uint32_t va_bits;
    /* Level of the root table: 3 or 4. */
    uint32_t root_level;
    /* Format of the entries. (enum xept_format) */
    uint32_t format;
    /* Tiles, 1 or 2. */
    uint32_t tile_count;
    /* Bit g is set when GT g exists. */
    uint32_t gt_mask;
    /* GT ids of each tile. */
    uint32_t gts_per_tile;
    /* Bit 0 is system memory, bit 1 + t the VRAM of tile t. */
    uint32_t region_mask;
    /* 1 when the device has memory of its own. */
    uint32_t is_discrete;
    /* 1 when VMs may be in fault mode. */
    uint32_t has_fault_mode;
    /* Page-table pages in use. */
    uint32_t tables_in_use;
    /* Faults that each queue of faults can hold. */
    uint32_t fault_queue_capacity;
};

/* What a device has done so far. Every value but the first two only grows. */
struct xept_totals {
    /* Bytes of this struct. */
    uint32_t size;
    /* VMs that there are. */
    uint32_t vms;
    /* Page tables that there are. */
    uint64_t tables_in_use;
    /* Page tables made. */
    uint64_t tables_made;
    /* Page faults of accesses. */
    uint64_t faults;
    /* Copies of pages that migrated between system and device memory. */
    uint64_t migrations;
    /* Bytes of them. */
    uint64_t migrated_bytes;
    /* Buffer objects with content that changed place. */
    uint64_t moves;
    /* Buffer objects that were driven out of device memory. */
    uint64_t evictions;
    /* TLB invalidations, of all GTs. */
    uint64_t flushes;
    /* Jobs whose batches came to their ends. */
    uint64_t jobs_completed;
    /* Jobs whose batches failed; each has reset its queue. */
    uint64_t jobs_failed;
    /* Resets of GTs. */
    uint64_t gt_resets;
    /* How often the tables of a VM were compared (XEPT_DEVICE_FLAG_CHECKS). */
    uint64_t tables_compared;
    /* Accesses that were held against the invalidations. */
    uint64_t accesses_checked;
    /* What was wrong. */
    uint64_t violations;
};

/* A region of physical memory. */
struct xept_region_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* 1 for device memory. */
    uint32_t is_device_memory;
    /* Address of the first byte, as entries name it. */
    uint64_t address;
    /* How many bytes there are, page tables included. */
    uint64_t bytes;
    /* How many of them the CPU can reach. */
    uint64_t visible_bytes;
};

/* A job, as the callbacks of xept_device_options get it. */
struct xept_job_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* What else is to be said of it. (enum xept_job_flag) */
    uint32_t flags;
    /* The job; what the callback is given besides ends with the callback. */
    xept_job *job;
    /* The client that submitted it. */
    xept_client *client;
    /* VM it runs in. */
    uint32_t vm_id;
    /* Its queue. */
    uint32_t queue_id;
    /* Number on its queue, from 1. */
    uint64_t seqno;
    /* GPU addresses of its batches. */
    uint64_t *batches;
    /* How many they are. */
    uint32_t batch_count;
    /* Class of the engine: DRM_XE_ENGINE_CLASS_*. */
    uint32_t engine_class;
    /* Number of the first engine that it may run on. */
    uint32_t engine_instance;
    /* GT of that engine. */
    uint32_t gt;
};

/* How devices reach the memory of this process, where a program knows a better way than to have
 * the system copy: words of 4 and 8 bytes that are aligned must move as a whole, and what is not
 * there must do no harm. Called on any thread; must not call the library. */
struct xept_process_access_options {
    /* Bytes of this struct. */
    uint32_t size;
    /* Must be 0. */
    uint32_t reserved;
    /* Reads bytes: 0, or not 0 when any of them is not readable. */
    int (*read)(void *into, uint64_t address, uint64_t bytes);
    /* Writes bytes: 0, or not 0 when any of them is not writable. */
    int (*write)(uint64_t address, const void *from, uint64_t bytes);
    /* Puts an aligned word of 4 or 8 bytes in place of an expected one, and says what was there:
     * 0, or not 0 when it is not writable. */
    int (*compare_exchange)(uint64_t address, uint32_t bytes, uint64_t expected, uint64_t desired, void *found);
};

/* What a recorder keeps. All zeros, but for the size, are the defaults. */
struct xept_recorder_options {
    /* Bytes of this struct. */
    uint32_t size;
    /* Choices that are yes or no. (enum xept_recorder_flag) */
    uint32_t flags;
    /* Events that are kept, 32 bytes each, rounded up to a power of two, 16777216 at most; 0 for
     * 65536. */
    uint32_t records;
    /* Not used. */
    uint32_t reserved;
    /* What the events that are kept are about; 0 for everything. (enum xept_events) */
    uint64_t groups;
    /* File that is written to when something goes wrong inside a call that no errno of the
     * driver stands for; NULL for none. */
    const char *failure_path;
};

/* What a VM has done so far. All values only grow. */
struct xept_vm_counter_values {
    /* Bytes of this struct. */
    uint32_t size;
    /* Not used. */
    uint32_t reserved;
    /* Requests whose page-table part ran. */
    uint64_t commits;
    /* Entries written into tables that walkers can see. */
    uint64_t entries_published;
    /* Tables made. */
    uint64_t tables_made;
    /* Tables unlinked; each is freed when no walker can be in it any more. */
    uint64_t tables_retired;
    /* Tables freed. */
    uint64_t tables_freed;
    /* TLB invalidations that were part of a request, one per GT. */
    uint64_t request_invalidations;
    /* TLB invalidations issued by zaps of VMAs, one per VMA whose entries were zeroed. */
    uint64_t zap_invalidations;
    /* Userptrs that a change of the CPU's pages has met. */
    uint64_t userptr_invalidations;
    /* Userptrs whose pages were pinned anew by a fault, EXEC or the rebind worker. */
    uint64_t userptr_repins;
    /* TLB invalidations issued by zaps of SVM ranges in calls, one per range whose entries were
     * zeroed. What a change of the process's memory zaps is not among them. */
    uint64_t range_invalidations;
    /* Jobs that flush their engine's TLB before they start. */
    uint64_t batch_invalidations;
    /* Warnings that the driver would have written to its log. */
    uint64_t warnings;
};

/* What a snapshot is of, and how much is in it. */
struct xept_snapshot_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* Number of the VM on its device. */
    uint32_t vm_number;
    /* 1 when no work of the VM was in flight, which may write entries while a snapshot is taken. */
    uint32_t is_idle;
    /* Format of the entries. (enum xept_format) */
    uint32_t format;
    /* VMAs. */
    uint32_t vma_count;
    /* Page tables of all tiles. */
    uint32_t table_count;
    /* What xept_vm_hash gave at that moment. */
    uint64_t hash;
};

/* A page table of a snapshot. */
struct xept_snapshot_table {
    /* First GPU address that it covers. */
    uint64_t va;
    /* Where it was in device memory. */
    uint64_t address;
    /* Tile that it is for. */
    uint32_t tile;
    /* Level; 0 is the last. */
    uint32_t level;
    /* Entries: 512, or 32 of a table of 64 KiB entries. */
    uint32_t entry_count;
    /* Entries in use, as the driver counts them. */
    uint32_t live_count;
};

/* Something that two snapshots do not have in common. */
struct xept_difference {
    /* First GPU address. */
    uint64_t start;
    /* Address behind the last; of two VMAs that of the longer one. */
    uint64_t end;
    /* In the first snapshot: of an entry its raw value, of a table where it is; else 0. */
    uint64_t first;
    /* The same in the second one. */
    uint64_t second;
    /* What differs. (enum xept_difference_kind) */
    uint32_t kind;
    /* The snapshots that have it. (enum xept_difference_in) */
    uint32_t in;
    /* Tile of a table or entry. */
    uint32_t tile;
    /* Level of a table or entry. */
    uint32_t level;
};

/* A TLB invalidation. */
struct xept_invalidation {
    /* Bytes of this struct. */
    uint32_t size;
    /* GT. */
    uint32_t gt;
    /* Who gets it. */
    xept_tlb *tlb;
    /* Number on the GT: 1, 2, 3 and so on. */
    uint64_t seqno;
    /* First address. */
    uint64_t start;
    /* Address behind the last. */
    uint64_t end;
    /* First address that the message names: an aligned power of two of bytes that covers the
     * others. */
    uint64_t shaped_start;
    /* Address behind the last that it names. */
    uint64_t shaped_end;
    /* VM whose translations go, as xept_vm_describe numbers it. */
    uint32_t vm;
    /* Its address-space id. */
    uint32_t asid;
    /* Why it was issued. (enum xept_invalidation_cause) */
    uint32_t cause;
    /* What else is to be said of it. (enum xept_invalidation_flag) */
    uint32_t flags;
    /* Entries of the page reclaim list, if it has one; they end with the callback. */
    uint64_t *reclaim;
    /* How many they are. */
    uint32_t reclaim_count;
    /* The number as messages carry it. */
    uint32_t wire_seqno;
};

/* What a VM is. */
struct xept_vm_info {
    /* Bytes of this struct. */
    uint32_t size;
    /* Number on the device, from 1 and never used again: TLB invalidations name the VM by it. */
    uint32_t number;
    /* Address-space id, by which faults name it; 0 where there are none. */
    uint32_t asid;
    /* How mappings are kept valid for running jobs. (enum xept_vm_mode) */
    uint32_t mode;
    /* 1 when unmapped addresses read zero instead of faulting. */
    uint32_t has_scratch;
    /* 1 when nothing of it is in flight. */
    uint32_t is_idle;
    /* VMAs. */
    uint32_t vma_count;
    /* Level of the root tables. */
    uint32_t root_level;
    /* Format of the entries. (enum xept_format) */
    uint32_t format;
    /* Not used. */
    uint32_t reserved;
    /* Bytes of address space. */
    uint64_t bytes;
    /* Device address of the root table of each tile. */
    uint64_t root[2];
    /* Root descriptor of each tile, as the context image holds it. */
    uint64_t root_descriptor[2];
};

/* What the tables say about one address. */
struct xept_translation {
    /* The address asked for. */
    uint64_t va;
    /* The raw entry that decided. */
    uint64_t entry;
    /* Device address of the byte, when it is mapped to memory. */
    uint64_t address;
    /* Bytes that one TLB entry of this leaf covers; 0 without a leaf. */
    uint64_t page_size;
    /* Outcome. (enum xept_translation_status) */
    uint8_t status;
    /* Level of the entry that decided. */
    uint8_t level;
    /* What else is to be said of the leaf. (enum xept_leaf_flag) */
    uint8_t flags;
    /* Format of the entry. (enum xept_format) */
    uint8_t format;
    /* Not used. */
    uint32_t reserved;
};

/* An entry that a walk read. */
struct xept_walk_step {
    /* Device address of the entry. */
    uint64_t entry_address;
    /* Its raw value. */
    uint64_t entry;
    /* Level of its table. */
    uint32_t level;
    /* Not used. */
    uint32_t reserved;
};

/* A VMA. */
struct xept_vma {
    /* First address. */
    uint64_t start;
    /* Address behind the last. */
    uint64_t end;
    /* Offset in the buffer object, or CPU address of a userptr. */
    uint64_t offset;
    /* Number of the buffer object on the device, or 0. */
    uint32_t bo_number;
    /* What is behind it. (enum xept_vma_kind) */
    uint32_t kind;
    /* What else is to be said of it. (enum xept_vma_flag) */
    uint32_t flags;
    /* Page sizes it was mapped with. (enum xept_page_size) */
    uint32_t page_sizes;
    /* PAT index that entries are written with. */
    uint32_t pat_index;
    /* PAT index given when it was bound. */
    uint32_t default_pat_index;
    /* Who may do atomics on it: DRM_XE_ATOMIC_*. */
    uint32_t atomic;
    /* Tiles it is for. */
    uint8_t tile_mask;
    /* Tiles it is bound on. */
    uint8_t tile_present;
    /* Tiles with a prepared bind. */
    uint8_t tile_staged;
    /* Tiles it was zapped on. */
    uint8_t tile_invalidated;
};

/* A run of equal leaves of consecutive memory. */
struct xept_mapping {
    /* First address. */
    uint64_t start;
    /* Address behind the last. */
    uint64_t end;
    /* Raw entry of the first leaf; the others differ in the address only. */
    uint64_t entry;
    /* Bytes that one entry covers. */
    uint64_t leaf_size;
    /* Level of the leaves. */
    uint32_t level;
    /* What else is to be said of them: compact and null. (enum xept_leaf_flag) */
    uint32_t flags;
};

/* What became of an access. */
struct xept_access_result {
    /* How it ended. (enum xept_access_status) */
    uint32_t status;
    /* What the driver has answered a page fault with; 0 when it was serviced or there was none. */
    int32_t error;
    /* Bytes read or written before it ended. */
    uint32_t bytes;
    /* Of them, those in NULL and scratch pages. */
    uint32_t scratch_bytes;
    /* Page faults that were raised. */
    uint32_t faults;
    /* Not used. */
    uint32_t reserved;
    /* The last translation: of the page that was in the way, if any was. */
    xept_translation last;
};

/* One access of several. */
struct xept_access_request {
    /* The client, of the device. */
    xept_client *client;
    /* Its VM. */
    uint32_t vm_id;
    /* GT that accesses. */
    uint32_t gt;
    /* GPU address; that of an atomic access is aligned to its word. */
    uint64_t va;
    /* Read, write or atomic. (enum xept_access_kind) */
    uint32_t kind;
    /* How many bytes; those of an atomic access receive the old value. */
    uint32_t size;
    /* Where its bytes begin among those of all. */
    uint64_t offset;
    /* What an atomic access does. */
    xept_atomic_op atomic;
};

/* The answer to a page fault. */
struct xept_fault_reply {
    /* Bytes of this struct. */
    uint32_t size;
    /* 0 when it was serviced, or why not. */
    int32_t error;
    /* The fault. */
    xept_fault fault;
};

/* ---- The library, and why calls failed ---- */

/* The version of the ABI that the library has: XEPT_ABI_VERSION of the header that it was built
 * with. Programs that were compiled with a header of the same version, or of an older one of the
 * same library name, work with it. */
uint32_t xept_abi_version(void);

/* The version of the library, for example "0.1.0". The text is there for good. */
const char *xept_version(void);

/* The name of a platform for xept_device_create, oldest first; NULL from the number of platforms
 * on. The text is there for good. */
const char *xept_platform_name(uint32_t index);

/* The name of an error that calls return, for example "-EINVAL". The text is there for good. */
const char *xept_error_name(int error);

/* Why the last call of this thread that failed did so: rule, field, value and a sentence. Calls
 * that succeed leave it as it is. The texts stay until this thread asks again. */
int xept_last_failure(xept_failure *failure);

/* ---- Devices: their making and end, who does their work, and their clock ---- */

/* Makes a device.
 *   platform: Short name of the platform, for example "lnl".
 *   options: Choices; NULL for the defaults.
 *   device: Receives the device.
 * Returns 0; -ENODEV for an unknown platform; -EINVAL for a choice that no device can have;
 * -E2BIG for one that this version of the library does not know; -ENOMEM. */
int xept_device_create(
    const char *platform,
    const xept_device_options *options,
    xept_device **device);

/* Ends a device: closes its clients and frees its memory. Other threads may be in calls, which
 * fail from then on; pumps that wait return. Walkers and TLBs have to be closed on their own;
 * table memory that a walker holds stays until then.
 * Returns 0; -EBADF. */
int xept_device_destroy(xept_device *device);

/* What a device is.
 * Returns 0; -EBADF. */
int xept_device_describe(xept_device *device, xept_device_info *info);

/* What a device has done so far.
 * Returns 0; -EBADF; -EFAULT. */
int xept_device_totals(xept_device *device, xept_totals *totals);

/* Runs jobs that fences have made ready, also those that become ready meanwhile (queued drive).
 * Any number of threads may pump. Before that it drives out what other processes ask for.
 *   most: Jobs to run at most.
 * Returns jobs run; always 0 with the inline drive, where signalling runs them; -EBADF; -EINVAL. */
int xept_pump(xept_device *device, int most);

/* As xept_pump, but blocks until there is something to run. With the system's clock it also lets
 * happen what is due.
 *   most: Jobs to run at most, at least 1.
 * Returns jobs run; 0 when nothing is to be waited for, because the device ends, has the inline
 * drive, or has a single thread; -EINTR after xept_pump_interrupt; -EBADF; -EINVAL. */
int xept_pump_wait(xept_device *device, int most);

/* Makes every xept_pump_wait of the device that waits now return -EINTR.
 * Returns 0; -EBADF. */
int xept_pump_interrupt(xept_device *device);

/* The device's clock.
 *   ns: Receives its time in nanoseconds.
 * Returns 0; -EBADF; -EFAULT. */
int xept_clock_now(xept_device *device, int64_t *ns);

/* Lets time pass on a virtual clock; what is due on the way happens. With the system's clock,
 * what is due by now happens.
 *   ns: How much, at least 0.
 * Returns 0; -EBADF; -EINVAL. */
int xept_clock_advance(xept_device *device, int64_t ns);

/* Drives every buffer object that is not pinned out of device memory, as for a suspend.
 * Returns 0; -EBADF; -EBUSY; -ENOMEM. */
int xept_evict_all(xept_device *device);

/* Runs the batches of jobs a step further, each in its turn (XEPT_DEVICE_FLAG_RUNS_BATCHES). Any
 * number of threads may do so.
 *   instructions: Instructions to execute at most, about.
 *   jobs: Receives the jobs that are not over; may be NULL.
 * Returns 1 when something was done, so that it is of use to call again at once; 0 when all jobs
 * wait or there are none; -EBADF; -EINVAL for a device that runs no batches. */
int xept_batches_run(xept_device *device, int64_t instructions, uint32_t *jobs);

/* Closes a descriptor that an ioctl has given out (prime, sync objects, sync files). These are
 * numbers of the device's own, not file descriptors of the process.
 * Returns 0; -EBADF for an unknown device or descriptor. */
int xept_fd_close(xept_device *device, int fd);

/* ---- Clients, their ioctls, and their buffer objects ---- */

/* Opens a device: a new client with its own handles and ids, as opening the render node makes
 * one.
 *   options: Choices; NULL for the defaults.
 *   client: Receives the client.
 * Returns 0; -EBADF; -EINVAL; -E2BIG; -ENODEV when the device is being destroyed. */
int xept_client_open(xept_device *device, const xept_client_options *options, xept_client **client);

/* Closes a client: queues, VMs and buffer objects go, as when the last descriptor of an open
 * file is closed. Work in flight is given up. Other threads may be in calls of the client, which
 * fail from then on.
 * Returns 0; -EBADF. */
int xept_client_close(xept_client *client);

/* Says anew whether a client may use the highest priority, as with CAP_SYS_NICE: a process may
 * give its privileges up while it has the device open.
 *   flags: XEPT_CLIENT_FLAG_PRIVILEGED or 0.
 * Returns 0; -EBADF; -EINVAL for other flags. */
int xept_client_privilege(xept_client *client, uint32_t flags);

/* Makes an ioctl, as the kernel's entry does: DRM_IOCTL_XE_* and those of the DRM core, with the
 * structs of xe_drm.h and drm.h. Pointers, the argument's own included, may be bad; see
 * xept_client_options. Blocking ioctls block.
 *   request: Request code.
 *   arg: The argument struct.
 * Returns 0 or the negative error of the ioctl; -EBADF for a client that is none. */
int xept_ioctl(xept_client *client, unsigned long request, void *arg);

/* How many objects a client has.
 * Returns 0; -EBADF; -EFAULT. */
int xept_client_objects(xept_client *client, xept_object_counts *objects);

/* What a buffer object is.
 *   handle: Its GEM handle.
 * Returns 0; -EBADF; -ENOENT. */
int xept_bo_describe(xept_client *client, uint32_t handle, xept_bo_info *info);

/* The memory behind a buffer object, piece by piece. It may move when memory is short, unless it
 * is mapped (xept_bo_map).
 *   handle: Its GEM handle.
 *   segments: Receives the pieces, none while it has no memory.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EFAULT. */
int xept_bo_segments(xept_client *client, uint32_t handle, xept_segment *segments, uint32_t *count);

/* Maps a buffer object into this process, as mmap of the render node does; munmap takes the
 * mapping away. The object gets memory if it has none, and is pinned where it is, except with
 * XEPT_DEVICE_FLAG_BO_FILES: its bytes do not move any more.
 *   handle: Its GEM handle.
 *   pointer: Receives the address of its first byte.
 * Returns 0; -EBADF; -ENOENT; -ENOMEM. */
int xept_bo_map(xept_client *client, uint32_t handle, void **pointer);

/* Maps part of a buffer object into this process, as mmap of the render node does, on a device
 * with XEPT_DEVICE_FLAG_BO_FILES. The object gets memory if it has none, and may move: the
 * mapping stays good, also after its handle is closed, and a forked child shares it.
 *   handle: Its GEM handle.
 *   offset: First byte, that of a page.
 *   bytes: How many: whole pages.
 *   at: Where to map it, over whatever is there; NULL for anywhere.
 *   pointer: Receives the address of the first byte.
 * Returns 0; -EBADF; -ENOENT; -EINVAL for an interval that is not in it, or a device without
 * such files; -ENOMEM. */
int xept_bo_mmap(
    xept_client *client,
    uint32_t handle,
    uint64_t offset,
    uint64_t bytes,
    void *at,
    void **pointer);

/* The buffer object that mmap of the render node shows at an offset
 * (DRM_IOCTL_XE_GEM_MMAP_OFFSET).
 *   offset: The offset.
 *   handle: Receives its GEM handle.
 *   inside: Receives how far into it the offset is.
 * Returns 0; -EBADF; -EINVAL when nothing is there; -EFAULT. */
int xept_mmap_find(xept_client *client, uint64_t offset, uint32_t *handle, uint64_t *inside);

/* Declares CPU memory of the client that userptrs may pin: which physical pages it is in. Its
 * contents are found there: xept_memory_add.
 *   start: CPU address, that of a page.
 *   bytes: Whole pages.
 *   address: Physical address of the first page.
 *   is_read_only: Not 0: only READONLY bindings may pin it.
 * Returns 0; -EBADF; -EINVAL; -EEXIST when it overlaps memory declared before; -ENOMEM. */
int xept_cpu_memory_map(
    xept_client *client,
    uint64_t start,
    uint64_t bytes,
    uint64_t address,
    int is_read_only);

/* Takes back CPU memory that was declared, and makes the GPU let go of its pages: when this
 * returns, no GPU reaches them.
 *   start: Where it was declared.
 *   bytes: Its size.
 * Returns 0; -EBADF; -EINVAL; -ENOENT when none was declared there. */
int xept_cpu_memory_unmap(xept_client *client, uint64_t start, uint64_t bytes);

/* Ends an engine queue as a hang does: its running job fails, those behind it are cancelled, and
 * it is banned.
 *   queue: Its id.
 * Returns 0; -EBADF; -ENOENT. */
int xept_queue_reset(xept_client *client, uint32_t queue);

/* ---- Changes of this process's memory, for clients with XEPT_CLIENT_FLAG_PROCESS_MEMORY ---- */

/* Says how devices reach the memory of this process from now on. Without it the system copies,
 * and words may tear.
 *   options: The functions, all or none; NULL for none.
 * Returns 0; -EINVAL; -E2BIG. */
int xept_process_access(const xept_process_access_options *options);

/* Memory of this process is about to change. When this returns no device reaches what the change
 * takes away: jobs that it had to wait for are over, entries are gone, TLBs are flushed. Then
 * the change is to be made, and xept_process_changed called on the same thread. Not from a
 * callback of the library.
 *   kind: What happens to it. (enum xept_process_change)
 *   start: First byte, that of a page.
 *   bytes: Whole pages, at least one.
 *   change: Receives a number for xept_process_changed.
 * Returns 0; -EFAULT; -EINVAL for an interval or a kind that means nothing, and then there is
 * nothing to end. */
int xept_process_changing(uint32_t kind, uint64_t start, uint64_t bytes, uint64_t *change);

/* The change is made, or was refused by the system.
 *   change: What xept_process_changing has given.
 * Returns 0; -EINVAL when there is no such change. */
int xept_process_changed(uint64_t change);

/* ---- Physical memory: what addresses in entries lead to ---- */

/* What a region of memory is: 0 is system memory, 1 + t the VRAM of tile t.
 * Returns 0; -EBADF; -EINVAL for a region that the device does not have. */
int xept_region_describe(xept_device *device, uint32_t region, xept_region_info *info);

/* The file descriptor of a region's contents, to be mapped: its byte 0 is that of the region. It
 * is the library's; dup it to keep it.
 *   fd: Receives the descriptor.
 * Returns 0; -EBADF; -EINVAL for a region that the device does not have, or a device with
 * XEPT_DEVICE_FLAG_BO_FILES; -EFAULT; -ENOMEM. */
int xept_region_fd(xept_device *device, uint32_t region, int *fd);

/* Reads memory; aligned words of 4 and 8 bytes as a whole.
 *   address: As entries name it.
 *   is_device_memory: Not 0: an address of device memory.
 *   into: Receives the bytes.
 *   bytes: How many.
 * Returns 0; -EBADF; -EFAULT where no memory is. */
int xept_memory_read(
    xept_device *device,
    uint64_t address,
    int is_device_memory,
    void *into,
    uint64_t bytes);

/* Writes memory; parameters and result as for xept_memory_read. */
int xept_memory_write(
    xept_device *device,
    uint64_t address,
    int is_device_memory,
    const void *from,
    uint64_t bytes);

/* The memory itself at an address: it lies together to the end of its region, and stays there
 * until the device is destroyed.
 *   address: As entries name it.
 *   is_device_memory: Not 0: an address of device memory.
 *   bytes: How many are wanted.
 *   pointer: Receives the address in this process.
 * Returns 0; -EBADF; -EFAULT where no memory is. */
int xept_memory_map(
    xept_device *device,
    uint64_t address,
    int is_device_memory,
    uint64_t bytes,
    void **pointer);

/* Declares that the program has the bytes of an interval of system memory outside of the
 * device's own: memory of the simulated machine, for example, or pages of a process. They must
 * stay there until the device is destroyed.
 *   address: Physical address of the first byte.
 *   bytes: How many.
 *   memory: Where they are in this process.
 * Returns 0; -EBADF; -EFAULT; -EEXIST where memory is already. */
int xept_memory_add(xept_device *device, uint64_t address, uint64_t bytes, void *memory);

/* ---- VMs: their tables, translations, and what is bound in them ---- */

/* What a VM is, and where its tables begin.
 * Returns 0; -EBADF; -ENOENT. */
int xept_vm_describe(xept_client *client, uint32_t vm_id, xept_vm_info *info);

/* Translates an address by walking the tables of a tile, while binds go on, without locks.
 * Returns 0, whatever the outcome of the walk; -EBADF; -ENOENT; -EINVAL for a tile that the
 * device does not have; -EFAULT. */
int xept_translate(
    xept_client *client,
    uint32_t vm_id,
    int tile,
    uint64_t va,
    xept_translation *translation);

/* The entries that a walk for one address reads, from the root down; the last one decides.
 *   steps: Receives the entries; there are at most 5.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EINVAL; -EFAULT. */
int xept_walk(
    xept_client *client,
    uint32_t vm_id,
    int tile,
    uint64_t va,
    xept_walk_step *steps,
    uint32_t *count);

/* The VMAs by address, as of one moment.
 *   vmas: Receives the VMAs.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EFAULT. */
int xept_vmas(xept_client *client, uint32_t vm_id, xept_vma *vmas, uint32_t *count);

/* All present leaves of a tile by address, joined into runs, as of one moment; scratch entries
 * are left out.
 *   mappings: Receives the runs.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -ENOENT; -EINVAL; -EFAULT. */
int xept_mappings(
    xept_client *client,
    uint32_t vm_id,
    int tile,
    xept_mapping *mappings,
    uint32_t *count);

/* A number for the whole state of a VM: a call that fails does not change it.
 *   hash: Receives the number.
 * Returns 0; -EBADF; -ENOENT; -EFAULT. */
int xept_vm_hash(xept_client *client, uint32_t vm_id, uint64_t *hash);

/* ---- Snapshots: what a VM was at a moment, to be looked at and compared later ---- */

/* Takes a snapshot of a VM: its VMAs, the bytes of its page tables on all tiles, and its hash,
 * as of one moment between two calls on it. Other threads may bind meanwhile: their calls on
 * this VM wait until it is taken, translations and walkers do not wait. While work is in flight
 * entries may be written, each as a whole; is_idle tells. It costs the memory of the tables.
 *   snapshot: Receives the snapshot, which does not change any more, may be read by any number
 *     of threads at once, and outlives VM, client and device.
 * Returns 0; -EBADF; -ENOENT; -ENOMEM; -EFAULT. */
int xept_snapshot_take(xept_client *client, uint32_t vm_id, xept_snapshot **snapshot);

/* Frees a snapshot. Other threads may be in calls with it, which go on.
 * Returns 0; -EBADF. */
int xept_snapshot_free(xept_snapshot *snapshot);

/* What a snapshot is of, and how much is in it.
 * Returns 0; -EBADF; -EFAULT. */
int xept_snapshot_describe(xept_snapshot *snapshot, xept_snapshot_info *info);

/* The VMAs of a snapshot by address.
 *   vmas: Receives the VMAs.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EFAULT. */
int xept_snapshot_vmas(xept_snapshot *snapshot, xept_vma *vmas, uint32_t *count);

/* The page tables of a snapshot: by tile, each before those below it, by address.
 *   tables: Receives the tables.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EFAULT. */
int xept_snapshot_tables(xept_snapshot *snapshot, xept_snapshot_table *tables, uint32_t *count);

/* The raw entries of a page table of a snapshot.
 *   table: Which one of xept_snapshot_tables, from 0.
 *   entries: Receives the entries.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EINVAL when there is no such table;
 * -EFAULT. */
int xept_snapshot_entries(
    xept_snapshot *snapshot,
    uint32_t table,
    uint64_t *entries,
    uint32_t *count);

/* What two snapshots do not have in common, as xept diff compares end states: VMAs by address,
 * then tables by tile, from the root down and by address, each with its entries. They may be of
 * one VM or of two, also of two devices. Where tables are makes no difference, unless it is
 * asked for. What the hash has and this has not: ranges of mirrors, pages of userptrs, what else
 * the device has in use.
 *   flags: Choices, or 0. (enum xept_compare_flag)
 *   differences: Receives the differences; none when the snapshots are the same.
 *   count: In: room. Out: how many there are.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EINVAL for other flags; -EFAULT. */
int xept_snapshot_compare(
    xept_snapshot *first,
    xept_snapshot *second,
    uint32_t flags,
    xept_difference *differences,
    uint32_t *count);

/* ---- Walkers: many translations under one pin, and table memory for page walkers of the program's
 * own ---- */

/* Opens a walker over the tables of a tile: what a simulated GPU core holds. From now on tables
 * that binds unlink are not used again until it is refreshed or closed.
 *   walker: Receives the walker. One thread at a time may use it.
 * Returns 0; -EBADF; -ENOENT; -EINVAL for a tile that the device does not have; -EFAULT. */
int xept_walker_open(xept_client *client, uint32_t vm_id, int tile, xept_walker **walker);

/* Closes a walker, which may outlive its client and device.
 * Returns 0; -EBADF; -EBUSY when another thread uses it. */
int xept_walker_close(xept_walker *walker);

/* Lets go of the tables seen so far, so that they can be used again: call it now and then,
 * between walks. No pointer of xept_walker_table may be followed afterwards.
 * Returns 0; -EBADF; -EBUSY when another thread uses it. */
int xept_walker_refresh(xept_walker *walker);

/* Translates many addresses at once, in any order: quicker than one by one, because the loads of
 * independent walks overlap.
 *   vas: The addresses.
 *   translations: Receives the translations, at the same places.
 *   count: How many.
 * Returns 0, whatever the outcomes of the walks; -EBADF; -EBUSY when another thread uses it;
 * -EFAULT. */
int xept_walker_translate(
    xept_walker *walker,
    const uint64_t *vas,
    xept_translation *translations,
    uint32_t count);

/* Device address of the root table, where a walk begins. Read it anew after xept_walker_refresh;
 * once the VM is gone it is that of a table without entries.
 *   address: Receives the address.
 * Returns 0; -EBADF; -EFAULT. */
int xept_walker_root(xept_walker *walker, uint64_t *address);

/* The entries themselves from a device address on. Read each with one aligned load of 8 bytes,
 * with acquire order, while binds go on. Where they are does not change while the device is
 * there, so a program may keep what it was told; what is in them ends to mean anything with the
 * next xept_walker_refresh.
 *   address: Device address of an entry: a table of 512 begins where the lower 12 bits are 0.
 *   entries: Receives the address of the entry in this process.
 *   count: Receives how many entries lie together from there on: to the end of 2 MiB of tables.
 * Returns 0; -EBADF; -EINVAL for an address that is not that of an entry; -EFAULT where no
 * tables are. */
int xept_walker_table(
    xept_walker *walker,
    uint64_t address,
    const uint64_t **entries,
    uint32_t *count);

/* ---- Accesses of the simulated GPU, and its page faults ---- */

/* Reads or writes memory as the GPU does: each page by the tables of the moment, with page
 * faults in fault mode, which are served before this returns. To whoever takes memory away an
 * access is a TLB of its GT.
 *   gt: GT that accesses.
 *   kind: Read or write. (enum xept_access_kind)
 *   bytes: Receives what is read, or is what is written.
 *   size: How many bytes.
 *   result: Receives what became of it; may be NULL.
 * Returns 0 when all bytes were read or written. Else the error that a page fault was answered
 * with; -EFAULT when the entries do not let it pass or nobody keeps the bytes; -EAGAIN while a
 * page fault waits; -EIO when it was lost. -EBADF; -ENOENT; -EINVAL. */
int xept_access(
    xept_client *client,
    uint32_t vm_id,
    int gt,
    uint64_t va,
    uint32_t kind,
    void *bytes,
    uint64_t size,
    xept_access_result *result);

/* An atomic access of the GPU; otherwise as xept_access.
 *   gt: GT that accesses.
 *   va: GPU address, aligned to the word.
 *   op: What to do with the word.
 *   old: Receives what was there; may be NULL.
 *   result: Receives what became of it; may be NULL.
 * Returns as xept_access. */
int xept_atomic(
    xept_client *client,
    uint32_t vm_id,
    int gt,
    uint64_t va,
    const xept_atomic_op *op,
    uint64_t *old,
    xept_access_result *result);

/* Many accesses at once, of any VMs of a device: page faults of all are under way at the same
 * time.
 *   requests: The accesses, which go on in no order.
 *   count: How many.
 *   bytes: The bytes of all; each request says which are its own.
 *   size: How many bytes there are.
 *   results: Receives what became of each.
 * Returns 0, whatever became of them; -EBADF; -ENOENT; -EINVAL; -EFAULT; and then nothing has
 * happened. */
int xept_access_many(
    xept_device *device,
    const xept_access_request *requests,
    uint32_t count,
    void *bytes,
    uint64_t size,
    xept_access_result *results);

/* Takes a page fault in, as from the firmware. With the inline drive it is served and answered
 * before this returns, unless it has to wait; with the queued drive when somebody pumps. The
 * answer goes to the fault_reply of the device.
 * Returns 0; -ENOSPC when its queue is full, and it is lost; -EBADF; -EINVAL for a GT that the
 * device does not have; -EFAULT. */
int xept_fault_raise(xept_device *device, const xept_fault *fault);

/* Serves a page fault at an address at once, without a queue: binds the VMA there unless its
 * mapping is valid.
 * Returns 0; -EINVAL for a VM that is not in fault mode and without a VMA; -EOPNOTSUPP in a
 * mirror; what binding failed with; -EBADF; -ENOENT. */
int xept_fault_serve(xept_client *client, uint32_t vm_id, uint64_t va);

/* A GT is reset: queues with a job that has started there are banned, as after a hang, and its
 * faults that wait in a queue are neither served nor answered.
 * Returns how many faults were forgotten; -EBADF. */
int xept_gt_reset(xept_device *device, int gt);

/* ---- What the driver tells in files of its own: text, line by line ---- */

/* The counters of a GT, as its file stats in debugfs has them: a line "name: value" for each.
 *   text: Receives as much as there is room for.
 *   bytes: In: room. Out: how long the text is; no zero ends it.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EINVAL for a GT that the device
 * does not have; -EFAULT. */
int xept_gt_statistics(xept_device *device, int gt, const char *text, uint32_t *bytes);

/* Sets the counters of a GT to zero, as writing to that file does.
 * Returns 0; -EBADF; -EINVAL for a GT that the device does not have. */
int xept_gt_statistics_clear(xept_device *device, int gt);

/* What a client uses of the device, as the fdinfo of an open file has it: memory by region, and
 * time on engines by their class where the library runs batches.
 *   text: Receives as much as there is room for.
 *   bytes: In: room. Out: how long the text is; no zero ends it.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EFAULT. */
int xept_client_usage(xept_client *client, const char *text, uint32_t *bytes);

/* ---- What a device has done: its recorder, and the counters of its VMs ---- */

/* Records the newest events of a device from now on; what was recorded before is forgotten.
 *   options: What to keep; NULL for the defaults.
 * Returns 0; -EBADF; -EINVAL for too many records and for flags and groups that there are not;
 * -E2BIG as of other structs; -EIO when the file for failures cannot be written. Then the
 * recorder is as before. */
int xept_recorder_start(xept_device *device, const xept_recorder_options *options);

/* Records nothing more. What was recorded can still be written.
 * Returns 0; -EBADF. */
int xept_recorder_stop(xept_device *device);

/* Writes what is recorded to a file, which is made anew: a line for each event, oldest first.
 * Calls may go on meanwhile.
 *   path: The file.
 * Returns 0; -EBADF; -EFAULT; -EIO when the file cannot be written. */
int xept_recorder_dump(xept_device *device, const char *path);

/* What a VM has done so far.
 * Returns 0; -EBADF; -ENOENT; -EFAULT. */
int xept_vm_counters(xept_client *client, uint32_t vm_id, xept_vm_counter_values *counters);

/* ---- Sync files, and the fences of shared buffer objects: what the kernel does with their
 * descriptors ---- */

/* Makes a sync file with the fences that a shared buffer object has now, as
 * DMA_BUF_IOCTL_EXPORT_SYNC_FILE does.
 *   fd: The device's number of the object, as an export has given it out.
 *   flags: 1 for what a reader waits for, 2 or 3 for what a writer does.
 *   sync_file: Receives the device's number of the sync file.
 * Returns 0; -EBADF for what is not open; -EINVAL for other flags, or what is no buffer object;
 * -EFAULT. */
int xept_sync_file_export(xept_device *device, int fd, uint32_t flags, int *sync_file);

/* Adds the fence of a sync file to those of a shared buffer object, as
 * DMA_BUF_IOCTL_IMPORT_SYNC_FILE does.
 *   fd: The device's number of the object.
 *   flags: 1 when it reads, 2 or 3 when it writes.
 *   sync_file: The device's number of the sync file.
 * Returns 0; -EBADF for what is not open; -EINVAL for other flags, or what is of another kind. */
int xept_sync_file_import(xept_device *device, int fd, uint32_t flags, int sync_file);

/* Makes a sync file that has signalled when two have, as SYNC_IOC_MERGE does.
 *   first: The device's number of one.
 *   second: That of another one, or the same.
 *   merged: Receives the number of the new one.
 * Returns 0; -EBADF for what is not open; -EINVAL for what is no sync file; -EFAULT. */
int xept_sync_file_merge(xept_device *device, int first, int second, int *merged);

/* Whether a sync file has signalled.
 *   fd: The device's number of it.
 *   status: Receives 0 for not yet, 1, or the negative error that its fence has signalled with.
 * Returns 0; -EBADF for what is not open; -EINVAL for what is no sync file; -EFAULT. */
int xept_sync_file_status(xept_device *device, int fd, int *status);

/* Makes a sync file for a fence that this library does not know, as that of another process:
 * jobs may wait for it, and xept_sync_file_signal signals it.
 *   sync_file: Receives the device's number of it.
 * Returns 0; -EBADF; -EFAULT. */
int xept_sync_file_create(xept_device *device, int *sync_file);

/* The fence of a sync file that xept_sync_file_create has made signals. Once; later ones change
 * nothing.
 *   fd: The device's number of it.
 *   error: 0, or the negative error that it signals with.
 * Returns 0; -EBADF for what is not open; -EINVAL for another sync file, or a positive error. */
int xept_sync_file_signal(xept_device *device, int fd, int error);

/* ---- Buffer objects that several processes, or several clients, know: by the descriptor of a file,
 * or by a name ---- */

/* A file descriptor of the process for the contents of a buffer object, on a device with
 * XEPT_DEVICE_FLAG_BO_FILES: whoever maps it, in this process or another, has the same bytes.
 * Another process makes a buffer object of it by xept_bo_import.
 *   handle: Its GEM handle.
 *   fd: Receives a new descriptor, which exec closes. It is the caller's.
 * Returns 0; -EBADF; -ENOENT; -EOPNOTSUPP when it has none: it is private to a VM, has no memory
 * yet, or there were too many when it was made (256); -EFAULT. */
int xept_bo_fd(xept_client *client, uint32_t handle, int *fd);

/* A buffer object with the contents of a file that xept_bo_fd has given out, here or in another
 * process. What this device has already stays what it is, under the handle that the client has
 * for it or a new one; else a new object is made, of the same size, caching and places, which
 * has the same bytes.
 *   fd: The descriptor, which stays the caller's.
 *   imported: Receives the GEM handle.
 * Returns 0; -EBADF; -EINVAL for another file, or a device without such files; what GEM_CREATE
 * returns; -EFAULT. */
int xept_bo_import(xept_client *client, int fd, uint32_t *imported);

/* Gives a buffer object a name by which other clients of its device open it, as
 * DRM_IOCTL_GEM_FLINK does; it has one only.
 *   handle: Its GEM handle.
 *   name: Receives the name, which is good until nobody has a handle of it any more.
 * Returns 0; -EBADF; -ENOENT; -EFAULT. */
int xept_bo_name(xept_client *client, uint32_t handle, uint32_t *name);

/* Opens a buffer object by its name, as DRM_IOCTL_GEM_OPEN does: always under a new handle.
 *   name: The name.
 *   handle: Receives the GEM handle.
 *   bytes: Receives its size.
 * Returns 0; -EBADF; -ENOENT for a name that is not there; -EPERM for an object that is private
 * to a VM of another client; -EFAULT. */
int xept_bo_open(xept_client *client, uint32_t name, uint32_t *handle, uint64_t *bytes);

/* The names that buffer objects of a device have, as its file gem_names in debugfs has them.
 *   text: Receives as much as there is room for.
 *   bytes: In: room. Out: how long the text is; no zero ends it.
 * Returns 0; -ENOSPC when there is too little room; -EBADF; -EFAULT. */
int xept_bo_names(xept_device *device, const char *text, uint32_t *bytes);

/* ---- TLBs of the program's: who hears of invalidations and acknowledges them ---- */

/* Registers a TLB at a GT: from now on it gets every invalidation, in the order of their
 * numbers, one at a time, on whichever thread caused it. It must not hold any translation yet.
 * Memory that old translations lead to is used again only when every TLB has acknowledged.
 *   gt: The GT.
 *   invalidate: Drops translations. It acknowledges inside the call or later, from any thread,
 *     once no access with an older translation goes on. It must be short, and change no VM.
 *   user: Handed to it.
 *   tlb: Receives the TLB. Invalidations may come before it does; they name it, too.
 * Returns 0; -EBADF; -EINVAL for a GT that the device does not have; -EFAULT. */
int xept_tlb_register(
    xept_device *device,
    int gt,
    void (*invalidate)(void *user, const xept_invalidation *invalidation),
    void *user,
    xept_tlb **tlb);

/* Acknowledges every invalidation up to one. Any thread; going back does nothing.
 *   seqno: The newest one, which was handed to the TLB.
 * Returns 0; -EBADF; -EINVAL for one that was not handed to it. */
int xept_tlb_acknowledge(xept_tlb *tlb, uint64_t seqno);

/* Takes a TLB away from its GT, which counts as having acknowledged everything. An invalidation
 * that is being handed over may still reach it.
 * Returns 0; -EBADF. */
int xept_tlb_unregister(xept_tlb *tlb);

/* ---- Jobs that the program runs (xept_device_options) ---- */

/* A job is over: its user fences are written, unless it failed, and its fence signals. Its
 * handle ends. Any thread, also inside the callback that brought it.
 *   error: 0, or the negative error of its fence.
 * Returns 0; -ECANCELED when it was cancelled meanwhile; -EBADF; -EINVAL for a positive error. */
int xept_job_complete(xept_job *job, int error);

/* A job does not run any more although it is not over: it comes again when its queue goes on.
 * Its handle ends.
 * Returns 0; -ECANCELED when it was cancelled meanwhile; -EBADF. */
int xept_job_preempted(xept_job *job);

#ifdef __cplusplus
}
#endif

/* Both sides mean the same by each struct. */
#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L
#ifdef __cplusplus
#define XEPT_ASSERT static_assert
#else
#define XEPT_ASSERT _Static_assert
#endif
XEPT_ASSERT(sizeof(xept_atomic_op) == 24, "xept_atomic_op");
XEPT_ASSERT(sizeof(xept_fault) == 24, "xept_fault");
XEPT_ASSERT(sizeof(xept_client_options) == 32, "xept_client_options");
XEPT_ASSERT(sizeof(xept_object_counts) == 20, "xept_object_counts");
XEPT_ASSERT(sizeof(xept_bo_info) == 32, "xept_bo_info");
XEPT_ASSERT(sizeof(xept_segment) == 24, "xept_segment");
XEPT_ASSERT(sizeof(xept_failure) == 48, "xept_failure");
XEPT_ASSERT(sizeof(xept_device_options) == 120, "xept_device_options");
XEPT_ASSERT(sizeof(xept_device_info) == 56, "xept_device_info");
XEPT_ASSERT(sizeof(xept_totals) == 120, "xept_totals");
XEPT_ASSERT(sizeof(xept_region_info) == 32, "xept_region_info");
XEPT_ASSERT(sizeof(xept_job_info) == 64, "xept_job_info");
XEPT_ASSERT(sizeof(xept_process_access_options) == 32, "xept_process_access_options");
XEPT_ASSERT(sizeof(xept_recorder_options) == 32, "xept_recorder_options");
XEPT_ASSERT(sizeof(xept_vm_counter_values) == 104, "xept_vm_counter_values");
XEPT_ASSERT(sizeof(xept_snapshot_info) == 32, "xept_snapshot_info");
XEPT_ASSERT(sizeof(xept_snapshot_table) == 32, "xept_snapshot_table");
XEPT_ASSERT(sizeof(xept_difference) == 48, "xept_difference");
XEPT_ASSERT(sizeof(xept_invalidation) == 88, "xept_invalidation");
XEPT_ASSERT(sizeof(xept_vm_info) == 80, "xept_vm_info");
XEPT_ASSERT(sizeof(xept_translation) == 40, "xept_translation");
XEPT_ASSERT(sizeof(xept_walk_step) == 24, "xept_walk_step");
XEPT_ASSERT(sizeof(xept_vma) == 56, "xept_vma");
XEPT_ASSERT(sizeof(xept_mapping) == 40, "xept_mapping");
XEPT_ASSERT(sizeof(xept_access_result) == 64, "xept_access_result");
XEPT_ASSERT(sizeof(xept_access_request) == 64, "xept_access_request");
XEPT_ASSERT(sizeof(xept_fault_reply) == 32, "xept_fault_reply");
#undef XEPT_ASSERT
#endif

#endif
