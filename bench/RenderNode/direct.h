/* A request that is a call of the C ABI: what stands behind the node in preload.sh makes it, on a device of its own that is like the node's,
 * and tells how long it took. */
#include <stdint.h>
#include <sys/ioctl.h>

struct direct {
    uint64_t request, argument;
    int64_t ns;
    int32_t error, pad;
};

#define DIRECT _IOWR('d', 0x5f, struct direct)
