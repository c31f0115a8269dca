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

/* Looks at everything that is watched. For who is not inside the engine. */
void signals_look(void);
bool signals_are_awaited(void);

/* A descriptor is this library's own. */
bool signals_keep(int fd);

#endif
