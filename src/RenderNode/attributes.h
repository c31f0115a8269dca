/* Files of /sys, debugfs and /proc that are more than their bytes: writing them does something, or their text is made when they are opened. */
#ifndef XEPT_NODE_ATTRIBUTES_H
#define XEPT_NODE_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

struct open_file;

/* With what flags a file is opened: in the tree nobody may truncate one or make another. folder: where path starts, or AT_FDCWD. */
int attributes_flags(int folder, const char *path, int flags);

/* A file in the tree, or of /proc, has been opened. Returns fd, which may lead to another file then; or -1 and errno, fd being closed. */
int attributes_opened(int fd, int flags);

/* The program writes to a file that attributes_opened has kept: bytes, or a negative error number. */
ssize_t attributes_write(const struct open_file *file, int fd, const void *text, size_t bytes);

#endif
