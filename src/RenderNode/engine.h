/* The engine behind the nodes: libxept, its devices, and the thread that takes their work further.
 *
 * Managed code is entered under one lock that any number of threads share and that fork takes for itself, so that no thread is inside
 * when a process is copied (RN-002). Nobody blocks inside: waits are made of questions that return at once. */
#ifndef XEPT_NODE_ENGINE_H
#define XEPT_NODE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <xept.h>

/* The functions of libxept that are used. */
struct engine_calls {
    int (*device_create)(const char *, const xept_device_options *, xept_device **);
    int (*pump)(xept_device *, int);
    int (*batches_run)(xept_device *, int64_t, uint32_t *);
    int (*clock_now)(xept_device *, int64_t *);
    int (*clock_advance)(xept_device *, int64_t);
    int (*fd_close)(xept_device *, int);
    int (*client_open)(xept_device *, const xept_client_options *, xept_client **);
    int (*client_close)(xept_client *);
    int (*client_privilege)(xept_client *, uint32_t);
    int (*ioctl)(xept_client *, uintptr_t, void *);
    int (*bo_describe)(xept_client *, uint32_t, xept_bo_info *);
    int (*bo_mmap)(xept_client *, uint32_t, uint64_t, uint64_t, void *, void **);
    int (*mmap_find)(xept_client *, uint64_t, uint32_t *, uint64_t *);
    int (*bo_fd)(xept_client *, uint32_t, int *);
    int (*bo_import)(xept_client *, int, uint32_t *);
    int (*bo_name)(xept_client *, uint32_t, uint32_t *);
    int (*bo_open)(xept_client *, uint32_t, uint32_t *, uint64_t *);
    int (*bo_names)(xept_device *, char *, uint32_t *);
    int (*client_usage)(xept_client *, char *, uint32_t *);
    int (*client_objects)(xept_client *, xept_object_counts *);
    int (*device_totals)(xept_device *, xept_totals *);
    int (*gt_reset)(xept_device *, int);
    int (*gt_statistics)(xept_device *, int, char *, uint32_t *);
    int (*gt_statistics_clear)(xept_device *, int);
    int (*sync_file_export)(xept_device *, int, uint32_t, int *);
    int (*sync_file_import)(xept_device *, int, uint32_t, int);
    int (*sync_file_merge)(xept_device *, int, int, int *);
    int (*sync_file_status)(xept_device *, int, int *);
    int (*sync_file_create)(xept_device *, int *);
    int (*sync_file_signal)(xept_device *, int, int);
    int (*last_failure)(xept_failure *);
    int (*process_access)(const xept_process_access_options *);
    int (*process_changing)(uint32_t, uint64_t, uint64_t, uint64_t *);
    int (*process_changed)(uint64_t);
};

/* Loaded by the first call of engine_device that succeeds. */
extern struct engine_calls engine;

/* The device of a number, made when it is first asked for; NULL, after a message, when it cannot be. */
xept_device *engine_device(unsigned number);

/* Enters and leaves managed code. Nests. */
void engine_enter(void);
void engine_leave(void);

/* The library is loaded; this thread is in managed code, or about to be. */
bool engine_is_there(void);
bool engine_is_inside(void);

/* This thread is the runtime's: it counts as inside from now on, and never leaves. */
void engine_stay_inside(void);

/* A thread of this number is there, or one of this library's own that has said so: what it does to memory is nobody's business. */
bool engine_has_inside(int number);
void engine_mark_thread(void);

/* Changes of the program's memory that are being told, which may wait for jobs: more or fewer. */
void engine_changes(int more);

/* Does what can be done at once, from inside: after it a bind whose fences are signalled is complete (RN-040). Returns whether anything
 * was done. */
bool engine_settle(xept_device *device);

/* Takes all devices further, from outside. Returns whether anything was done. */
bool engine_advance(void);

/* Lets the thread look at the devices again, and those who wait at what they wait for. */
void engine_kick(void);

/* Waits until something may have happened, from outside of managed code.
 * seen: what engine_moment said before the last look. deadline: of the program's clock (clock.h).
 * Returns false when the deadline has passed. */
bool engine_wait(uint32_t seen, int64_t deadline);
uint32_t engine_moment(void);

#endif
