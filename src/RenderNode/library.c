#include "real.h"
#include "engine.h"
#include "library.h"
#include "say.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct engine_calls engine;

static bool find(void *library, const char *name, void *into)
{
    char symbol[64];
    snprintf(symbol, sizeof symbol, "xept_%s", name);
    void *found = dlsym(library, symbol);
    memcpy(into, &found, sizeof found);
    return found != NULL;
}

/* A copy of a file is another library to the loader. */
static void *open_copy(const char *path)
{
    struct stat what;
    char copy[64];
    void *library = NULL;
    int from = REAL(open)(path, O_RDONLY | O_CLOEXEC), to = memfd_create("libxept.so.1", MFD_CLOEXEC);
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", to);
    if (from >= 0 && to >= 0 && REAL(fstat)(from, &what) == 0) {
        while (sendfile(to, from, NULL, (size_t)what.st_size) > 0)
            continue;
        library = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
    }
    if (from >= 0)
        REAL(close)(from);
    if (to >= 0)
        REAL(close)(to);
    return library;
}

static void *open_beside(void)
{
    Dl_info self;
    char path[PATH_MAX];
    if (!dladdr(&engine, &self) || strlen(self.dli_fname) + 16 > sizeof path)
        return NULL;
    strcpy(path, self.dli_fname);
    char *name = strrchr(path, '/');
    strcpy(name ? name + 1 : path, "libxept.so.1");
    /* Where the program is linked with it itself the node has one of its own: what the program does in its own nobody tells of, and it
     * may be in managed code at any time. */
    void *others = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (!others)
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    dlclose(others);
    return open_copy(path);
}

bool library_load(void)
{
    void *library = open_beside();
    if (!library) {
        say("xept: no device: %s\n", dlerror());
        return false;
    }
#define FIND(name) find(library, #name, &engine.name)
    if (!(FIND(device_create) && FIND(pump) && FIND(batches_run) && FIND(clock_now) && FIND(clock_advance) && FIND(fd_close)
          && FIND(client_open) && FIND(client_close) && FIND(client_privilege) && FIND(ioctl) && FIND(bo_describe) && FIND(bo_mmap)
          && FIND(mmap_find) && FIND(bo_fd) && FIND(bo_import) && FIND(bo_name) && FIND(bo_open) && FIND(bo_names) && FIND(client_usage)
          && FIND(client_objects) && FIND(device_totals) && FIND(gt_statistics_clear) && FIND(gt_reset) && FIND(gt_statistics)
          && FIND(last_failure) && FIND(sync_file_export) && FIND(sync_file_import) && FIND(sync_file_merge) && FIND(sync_file_status)
          && FIND(sync_file_create) && FIND(sync_file_signal) && FIND(process_access) && FIND(process_changing) && FIND(process_changed))) {
        say("xept: no device: libxept.so.1 is older than this library\n");
        return false;
    }
#undef FIND
    return true;
}
