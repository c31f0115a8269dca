/* The ioctl of a node. */
#include "real.h"
#include "live.h"
#include "requests.h"
#include "explain.h"
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

int request_engine(const struct open_file *file, unsigned long request, void *argument)
{
    engine_enter();
    int error = engine.ioctl(file->client, request, argument);
    explain_keep(error);
    engine_settle(file->device);
    report_engine(file, request, error);
    engine_leave();
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

static int answer(struct open_file *file, unsigned long request, void *argument)
{
    if (file->kind != OPEN_NODE)
        return request_exported(file, request, argument);
    if (_IOC_TYPE(request) != 'd')
        return -ENOTTY;
    look_who_asks(file, request);
    int error = request_core(file, request, argument);
    if (error == NOT_MINE)
        error = request_wait(file, request, argument);
    if (error == NOT_MINE)
        error = request_share(file, request, argument);
    return error == NOT_MINE ? request_engine(file, request, argument) : error;
}

SHOWN int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    struct open_file *file = descriptors_get(fd);
    if (!file)
        return sharing_syncs(fd, request) ? 0 : REAL(ioctl)(fd, request, argument);
    int before = errno;
    explain_begin();
    report_begin();
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
