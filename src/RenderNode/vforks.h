/* Children of vfork: processes that run in the memory of their parent, with descriptors and handlers of their own, until they start a
 * program. */
#ifndef XEPT_NODE_VFORKS_H
#define XEPT_NODE_VFORKS_H

#include <stdbool.h>

/* Who asks is one: what it does to its descriptors and handlers is not to be found in the memory of its parent. */
bool vforks_is_child(void);

#endif
