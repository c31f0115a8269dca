#include "real.h"
#include "report.h"
#include "gate.h"
#include "places.h"
#include "requests.h"
#include "say.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REQUESTS = 256, REFUSALS = 512, CLIENTS = 1024, SENTENCES = 64, KINDS = 4, TOTALS = 13, NO_CLIENT = -1 };

struct refusal {
    uint32_t request; /* and one more; 0 for none */
    int32_t error;
    char rule[24];
    uint64_t count;
};

/* What a client has: buffer objects, VMs, queues, sync objects. */
struct has {
    uint32_t is_open, objects[KINDS];
};

/* As the tool reads it (src/Cli/Exec/ReportFile.cs). */
struct report {
    char magic[8];
    int32_t process, parent;
    char program[64];
    uint64_t requests[REQUESTS];
    struct refusal refusals[REFUSALS];
    uint64_t totals[TOTALS];
    uint64_t left[KINDS]; /* by clients that were closed */
    struct has clients[CLIENTS];
    uint64_t violations;
    char sentences[SENTENCES][256];
};

_Static_assert(sizeof(struct report) == 80 + 8 * REQUESTS + 40 * REFUSALS + 8 * TOTALS + 8 * KINDS + 20 * CLIENTS + 8 + 256 * SENTENCES,
    "no holes");
_Static_assert(sizeof(xept_totals) == offsetof(xept_totals, tables_made) + 8 * TOTALS, "each has its place");

static struct report *report; /* of this process; made when something is counted first */
static bool has_failed;
static uint64_t known[TREE_MOST_DEVICES][TOTALS], inherited[TOTALS];
static struct has inherited_clients[CLIENTS];
static __thread char rule[24];
static __thread int refused;

static const char *folder(void)
{
    static const char *name;
    static bool known_name;
    if (!__atomic_load_n(&known_name, __ATOMIC_ACQUIRE)) {
        name = getenv("XEPT_REPORT");
        __atomic_store_n(&known_name, true, __ATOMIC_RELEASE);
    }
    return name;
}

GATE(gate)

/* The child counts in a file of its own, and from here on: what it has inherited is the parent's. */
static void begin_child(void)
{
    if (report)
        memcpy(inherited_clients, report->clients, sizeof inherited_clients);
    memset(inherited, 0, sizeof inherited);
    for (int device = 0; device < TREE_MOST_DEVICES; device++) {
        for (int i = 0; i < TOTALS; i++)
            inherited[i] += known[device][i];
    }
    report = NULL;
    has_failed = false;
}

__attribute__((constructor)) static void start(void)
{
    if (folder())
        pthread_atfork(NULL, NULL, begin_child);
}

static int make_file(void)
{
    for (int number = 0; number < 1000; number++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%d.%d", folder(), (int)getpid(), number);
        int fd = REAL(open)(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

/* Inside the gate: where this process counts; NULL when it cannot. */
static struct report *file_of_process(void)
{
    if (report || has_failed || !folder())
        return report;
    int fd = make_file();
    void *at = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof *report) == 0)
        at = REAL(mmap)(places_find(sizeof *report), sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        REAL(close)(fd);
    has_failed = at == MAP_FAILED;
    if (has_failed)
        return NULL;
    report = at;
    report->process = getpid();
    report->parent = getppid();
    snprintf(report->program, sizeof report->program, "%s", program_invocation_short_name);
    memcpy(report->magic, "xeptrep1", sizeof report->magic);
    return report;
}

void report_begin(void)
{
    refused = 0;
}

static void count_refusal(struct report *into, uint32_t request, int error, const char *why)
{
    for (int i = 0; i < REFUSALS; i++) {
        struct refusal *at = &into->refusals[i];
        if (at->request == 0) {
            at->error = error;
            snprintf(at->rule, sizeof at->rule, "%s", why);
            at->request = request + 1;
        } else if (at->request != request + 1 || at->error != error || strcmp(at->rule, why) != 0) {
            continue;
        }
        at->count++;
        return;
    }
}

void report_ioctl(unsigned long request, int error)
{
    if (!folder() || _IOC_TYPE(request) != 'd')
        return;
    gate_enter(&gate);
    struct report *into = file_of_process();
    if (into)
        into->requests[_IOC_NR(request)]++;
    if (into && error < 0)
        count_refusal(into, _IOC_NR(request), error, refused == error ? rule : "");
    gate_leave(&gate);
}

static void keep_rule(int error)
{
    xept_failure why = {.size = sizeof why};
    refused = error;
    rule[0] = '\0';
    if (engine.last_failure(&why) == 0 && why.error == error && why.rule)
        snprintf(rule, sizeof rule, "%s", why.rule);
}

void report_refused(int error, const char *by)
{
    refused = error;
    snprintf(rule, sizeof rule, "%s", by);
}

static bool changes_objects(unsigned number)
{
    /* GEM_CLOSE, GEM_OPEN, PRIME_FD_TO_HANDLE; GEM_CREATE, VMs and queues; sync objects. */
    return number == 0x09 || number == DRM_GEM_OPEN || number == DRM_PRIME_FD_TO_HANDLE || number == 0x41 || number == 0x43 || number == 0x44 || number == 0x46 || number == 0x47
        || number == 0xbf || number == 0xc0 || number == 0xc2;
}

/* Inside the gate and managed code: what a client has now, without what the parent has made. */
static bool count_objects(const struct open_file *file, struct has *now)
{
    xept_object_counts counts = {.size = sizeof counts};
    if (file->report < 0 || !file_of_process() || engine.client_objects(file->client, &counts))
        return false;
    const uint32_t found[KINDS] = {counts.bos, counts.vms, counts.queues, counts.syncobjs};
    now->is_open = 1;
    for (int i = 0; i < KINDS; i++) {
        uint32_t before = inherited_clients[file->report].objects[i];
        now->objects[i] = found[i] > before ? found[i] - before : 0;
    }
    return true;
}

void report_engine(const struct open_file *file, unsigned long request, int error)
{
    if (!folder())
        return;
    if (error < 0)
        keep_rule(error);
    report_device(file->minor % TREE_FIRST_RENDER, file->device);
    if (error < 0 || !changes_objects(_IOC_NR(request)))
        return;
    struct has now;
    gate_enter(&gate);
    if (count_objects(file, &now))
        report->clients[file->report] = now;
    gate_leave(&gate);
}

void report_opened(struct open_file *file)
{
    file->report = NO_CLIENT;
    if (!folder())
        return;
    gate_enter(&gate);
    for (int i = 0; file_of_process() && i < CLIENTS && file->report == NO_CLIENT; i++) {
        if (report->clients[i].is_open || inherited_clients[i].is_open)
            continue;
        report->clients[i].is_open = 1;
        file->report = i;
    }
    gate_leave(&gate);
}

void report_closing(const struct open_file *file)
{
    struct has now;
    if (!folder())
        return;
    report_device(file->minor % TREE_FIRST_RENDER, file->device);
    gate_enter(&gate);
    if (count_objects(file, &now)) {
        for (int i = 0; i < KINDS; i++)
            report->left[i] += now.objects[i];
        memset(&report->clients[file->report], 0, sizeof now);
        memset(&inherited_clients[file->report], 0, sizeof now);
    }
    gate_leave(&gate);
}

void report_device(unsigned number, xept_device *device)
{
    xept_totals now = {.size = sizeof now};
    uint64_t counted[TOTALS];
    if (!folder() || number >= TREE_MOST_DEVICES || engine.device_totals(device, &now))
        return;
    memcpy(counted, &now.tables_made, sizeof counted);
    gate_enter(&gate);
    struct report *into = file_of_process();
    for (int i = 0; into && i < TOTALS; i++) {
        uint64_t sum = 0;
        /* Two threads may come in another order than they have asked in. */
        if (counted[i] > known[number][i])
            known[number][i] = counted[i];
        for (int device = 0; device < TREE_MOST_DEVICES; device++)
            sum += known[device][i];
        into->totals[i] = sum - inherited[i];
    }
    gate_leave(&gate);
}

void report_inherit(unsigned number, xept_device *device)
{
    xept_totals now = {.size = sizeof now};
    uint64_t counted[TOTALS];
    if (!folder() || engine.device_totals(device, &now))
        return;
    memcpy(counted, &now.tables_made, sizeof counted);
    gate_enter(&gate);
    for (int i = 0; i < TOTALS; i++) {
        inherited[i] += counted[i] - known[number][i];
        known[number][i] = counted[i];
    }
    gate_leave(&gate);
}

bool report_checks(void)
{
    const char *asked = getenv("XEPT_CHECK");
    return asked && strcmp(asked, "1") == 0;
}

void report_violation(void *user, const char *sentence)
{
    (void)user;
    say("xept: check: %s\n", sentence);
    gate_enter(&gate);
    struct report *into = file_of_process();
    if (into) {
        if (into->violations < SENTENCES)
            snprintf(into->sentences[into->violations], sizeof into->sentences[0], "%s", sentence);
        into->violations++;
    }
    gate_leave(&gate);
}
