/* The ioctl of a node. */
#include "real.h"
#include "live.h"
#include "notify.h"
#include "requests.h"
#include "explain.h"
#include "report.h"
#include "user.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

int request_engine(const struct open_file *file, unsigned long request, void *argument)
{
    engine_enter();
    int error = engine.ioctl(file->client, request, argument);
    explain_keep(error, NULL);
    bool has_settled = engine_settle(file->device);
    report_engine(file, request, error);
    engine_leave();
    /* A call that fails has changed nothing; who asks once more whether something has happened is not told of his own question. */
    if (!error || has_settled)
        engine_kick();
    return error;
}

/* Where it matters who asks: a process may have given its privileges up since it opened the node. */
static void look_who_asks(struct open_file *file, unsigned long request)
{
    int number = _IOC_NR(request);
    if (number != XE_DEVICE_QUERY && number != XE_EXEC_QUEUE_CREATE)
        return;
    bool is_privileged = geteuid() == 0;
    if (is_privileged == file->is_privileged)
        return;
    file->is_privileged = is_privileged;
    engine_enter();
    engine.client_privilege(file->client, is_privileged ? XEPT_CLIENT_FLAG_PRIVILEGED : 0);
    engine_leave();
}

static int answer_known(struct open_file *file, unsigned long request, void *argument)
{
    int error = request_core(file, request, argument);
    if (error == NOT_MINE)
        error = request_wait(file, request, argument);
    if (error == NOT_MINE)
        error = request_share(file, request, argument);
    return error == NOT_MINE ? request_engine(file, request, argument) : error;
}

/* What the documents say of requests and their structs as such. */
#define STRUCTS "01 section 1"

enum { MOST_BYTES = 72, BOTH_WAYS = _IOC_READ | _IOC_WRITE };

/* The requests that are answered here, as they are declared. */
static unsigned long declared(unsigned long request)
{
    static const struct { uint8_t number, way, bytes; } known[] = {
        {DRM_VERSION, BOTH_WAYS, 64}, {DRM_GET_UNIQUE, BOTH_WAYS, 16}, {DRM_GET_MAGIC, _IOC_READ, 4}, {DRM_SET_VERSION, BOTH_WAYS, 16},
        {DRM_GEM_FLINK, BOTH_WAYS, 8}, {DRM_GEM_OPEN, BOTH_WAYS, 16}, {DRM_GET_CAP, BOTH_WAYS, 16}, {DRM_SET_CLIENT_CAP, _IOC_WRITE, 16},
        {DRM_AUTH_MAGIC, _IOC_WRITE, 4}, {DRM_PRIME_HANDLE_TO_FD, BOTH_WAYS, 12}, {DRM_PRIME_FD_TO_HANDLE, BOTH_WAYS, 12},
        {XE_WAIT_USER_FENCE, BOTH_WAYS, MOST_BYTES}, {DRM_SYNCOBJ_HANDLE_TO_FD, BOTH_WAYS, 24}, {DRM_SYNCOBJ_FD_TO_HANDLE, BOTH_WAYS, 24},
        {DRM_SYNCOBJ_WAIT, BOTH_WAYS, 40}, {DRM_SYNCOBJ_TIMELINE_WAIT, BOTH_WAYS, 48}, {DRM_SYNCOBJ_EVENTFD, BOTH_WAYS, 24},
        {DRM_SET_CLIENT_NAME, BOTH_WAYS, 16},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].number == _IOC_NR(request))
            return _IOC(known[i].way, 'd', known[i].number, known[i].bytes);
    }
    return 0;
}

static size_t bytes_of(unsigned long request, unsigned long as_declared, unsigned way)
{
    size_t bytes = _IOC_DIR(request) & _IOC_DIR(as_declared) & way ? _IOC_SIZE(request) : 0;
    return bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

/* As the core of the DRM: whatever size and direction a program gives a request, its struct is read whole with zeros behind what there is,
 * and as much is written back, also when it fails. */
static int answer_copied(struct open_file *file, unsigned long request, unsigned long as_declared, void *argument)
{
    uint64_t copy[MOST_BYTES / sizeof(uint64_t)] = {0};
    size_t in = bytes_of(request, as_declared, _IOC_WRITE), out = bytes_of(request, as_declared, _IOC_READ);
    if (!user_read(argument, copy, in))
        return explain_fault(EXPLAIN_READ, STRUCTS, "arg", argument, in);
    int error = answer_known(file, as_declared, copy);
    return user_write(argument, copy, out) ? error : explain_fault(EXPLAIN_WRITE, STRUCTS, "arg", argument, out);
}

static int answer(struct open_file *file, unsigned long request, void *argument)
{
    if (file->kind != OPEN_NODE)
        return request_exported(file, request, argument);
    if (_IOC_TYPE(request) != 'd')
        return explain_refusal(
            -ENOTTY, STRUCTS, "request = 0x%lx: is of the type 0x%02lx, and this device's are of 0x64 ('d')", request, _IOC_TYPE(request));
    look_who_asks(file, request);
    unsigned long as_declared = declared(request);
    return as_declared ? answer_copied(file, request, as_declared, argument) : answer_known(file, request, argument);
}

/* Whose request it is, held; NULL for the system's. */
static struct open_file *file_of(int fd, unsigned long request)
{
    if (request == FIOCLEX || request == FIONCLEX || request == FIONBIO)
        return NULL;
    struct open_file *file = descriptors_get(fd);
    return file || _IOC_TYPE(request) != 'd' ? file : descriptors_adopt(fd);
}

static int answer_foreign(int fd, unsigned long request, void *argument)
{
    if (!sharing_syncs(fd, request))
        return REAL(ioctl)(fd, request, argument);
    int error = request_sync(argument);
    errno = error ? -error : errno;
    return error ? -1 : 0;
}

SHOWN int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    struct open_file *file = file_of(fd, request);
    if (!file)
        return answer_foreign(fd, request, argument);
    int before = errno;
    explain_begin();
    report_begin();
    notify_resume();
    if (_IOC_NR(request) == XE_VM_BIND && _IOC_TYPE(request) == 'd')
        live_binding(argument);
    int error = answer(file, request, argument);
    if (error < 0)
        explain(request, error);
    if (file->kind == OPEN_NODE)
        report_ioctl(request, error);
    descriptors_put(file);
    errno = error < 0 ? -error : before;
    return error < 0 ? -1 : 0;
}
