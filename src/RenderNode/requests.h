/* Requests of a node, by who answers them. Each returns 0 or a negative error number. */
#ifndef XEPT_NODE_REQUESTS_H
#define XEPT_NODE_REQUESTS_H

#include "descriptors.h"

#include <stdint.h>
#include <sys/ioctl.h>

enum {
    /* Numbers of requests (docs/spec/01-uapi.md, docs/drm-core.md). */
    DRM_VERSION = 0x00,
    DRM_GET_UNIQUE = 0x01,
    DRM_GET_MAGIC = 0x02,
    DRM_SET_VERSION = 0x07,
    DRM_GET_CAP = 0x0c,
    DRM_SET_CLIENT_CAP = 0x0d,
    DRM_GEM_FLINK = 0x0a,
    DRM_GEM_OPEN = 0x0b,
    DRM_AUTH_MAGIC = 0x11,
    DRM_SET_MASTER = 0x1e,
    DRM_DROP_MASTER = 0x1f,
    DRM_PRIME_HANDLE_TO_FD = 0x2d,
    DRM_PRIME_FD_TO_HANDLE = 0x2e,
    DRM_MODE_FIRST = 0xa0,
    DRM_MODE_LAST = 0xbe,
    DRM_SYNCOBJ_HANDLE_TO_FD = 0xc1,
    DRM_SYNCOBJ_FD_TO_HANDLE = 0xc2,
    DRM_SYNCOBJ_WAIT = 0xc3,
    DRM_SYNCOBJ_TIMELINE_WAIT = 0xca,
    DRM_SYNCOBJ_EVENTFD = 0xcf,
    DRM_SET_CLIENT_NAME = 0xd1,
    XE_DEVICE_QUERY = 0x40,
    XE_EXEC_QUEUE_CREATE = 0x46,
    XE_EXEC = 0x49,
    XE_VM_BIND = 0x45,
    XE_WAIT_USER_FENCE = 0x4a,
    NOT_MINE = 1,
};

/* Asks the engine, and does what can be done at once. */
int request_engine(const struct open_file *file, unsigned long request, void *argument);

/* The next three are given requests as they are declared, and copies of their structs: only what these point to may not be there. */

/* What the core of the DRM answers and the engine does not; NOT_MINE for all else. */
int request_core(const struct open_file *file, unsigned long request, void *argument);

/* Those that wait; NOT_MINE for all else. */
int request_wait(const struct open_file *file, unsigned long request, void *argument);

/* Those with descriptors in them; NOT_MINE for all else. */
int request_share(const struct open_file *file, unsigned long request, void *argument);

/* A buffer object that another process has exported, and a request that it answers. */
bool sharing_syncs(int fd, unsigned long request);

/* DMA_BUF_IOCTL_SYNC: memory is always coherent here. */
int request_sync(const uint64_t *flags);
#define DMA_BUF_SYNC _IOW('b', 0, uint64_t)

/* What a descriptor that was exported answers itself. */
int request_exported(const struct open_file *file, unsigned long request, void *argument);

/* Which of these events of poll it has, POLLIN and POLLOUT. */
short fences_ready(const struct open_file *file, short events);

#endif
