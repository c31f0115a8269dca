/* Descriptors that become readable when a fence has signalled: select, epoll and other processes look at them without asking anybody. They
 * are eventfds, which the thread of this library raises. */
#ifndef XEPT_NODE_SIGNALS_H
#define XEPT_NODE_SIGNALS_H

#include "descriptors.h"

/* A file for a fence: to be watched, once it leads to a sync file. -1 and errno. */
int signals_file(void);

/* The sync file behind a descriptor raises it when it signals, now or later, also after it is closed: others may have it. */
void signals_watch(int fd);

/* DRM_IOCTL_SYNCOBJ_EVENTFD. Returns 0 or a negative error number. */
int signals_request(const struct open_file *file, void *argument);

/* A sync file of another process, which has such a descriptor, becomes one of the device: *engine_fd is its number, and its fence signals
 * from signals_begin on when the other one does. NULL when it is none. */
struct watch *signals_foreign(xept_device *device, int fd, int *engine_fd);
void signals_begin(struct watch *watch);
void signals_drop(struct watch *watch);

/* Looks at everything that is watched. For who is not inside the engine. */
void signals_look(void);
bool signals_are_awaited(void);

/* In a child, where nobody else is. */
void signals_child(void);

/* A descriptor is this library's own. */
bool signals_keep(int fd);

#endif
