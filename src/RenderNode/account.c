#include "account.h"
#include "places.h"
#include "real.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in the tree, which every process of the program finds, one that has closed all its descriptors or was started by another one,
 * too. Whoever comes first makes it: what was never written is zero. */
void *account_map(unsigned device)
{
    const char *tree = getenv("XEPT_TREE");
    char path[PATH_MAX];
    if (!tree || snprintf(path, sizeof path, "%s/vram%u", tree, device) >= (int)sizeof path)
        return NULL;
    int fd = REAL(open)(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    void *account = MAP_FAILED;
    if (ftruncate(fd, ACCOUNT_BYTES) == 0)
        account = REAL(mmap)(places_find(ACCOUNT_BYTES), ACCOUNT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REAL(close)(fd);
    return account == MAP_FAILED ? NULL : account;
}
