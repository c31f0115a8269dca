/* The files that a device has in a system: nodes in /dev/dri, and what /sys and debugfs say of it. "xept exec" writes them into a folder
 * whose name is in XEPT_TREE; paths that lead there are rewritten, all others are left alone. */
#ifndef XEPT_NODE_TREE_H
#define XEPT_NODE_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* A node: card or renderD. */
struct tree_node {
    dev_t dev;
    ino_t ino;
    unsigned minor;
};

enum { TREE_MOST_DEVICES = 16, TREE_FIRST_RENDER = 128 };

/* The PCI address of a node's device, and the number in it. */
#define TREE_SLOT "0000:%02x:00.0"
#define TREE_SLOT_OF(minor) (3 + (minor) % TREE_FIRST_RENDER)

/* Where a file is found. Returns path itself where it is none of these files; else the path in the tree, in room. */
const char *tree_path(const char *path, char room[PATH_MAX]);

/* The same for a path that starts at an open folder. */
const char *tree_path_at(int *folder, const char *path, char room[PATH_MAX]);

/* Whether a path leads into the tree where it is. folder: where it starts, or AT_FDCWD. */
bool tree_has(int folder, const char *path);

/* What is written there concerns the whole machine, or how the system treats the process, and goes nowhere (RN-025). folder: as above. */
bool tree_swallows(int folder, const char *path);

/* What the program is to see of a path in the tree: cuts the tree off the front. Returns the new length. */
size_t tree_hide(char *path, size_t length);

/* The number of the node that a file is, or -1. */
int tree_minor(const struct stat *stat);

/* The magic number of the file system that a path in the tree stands for; 0 for what is not in the tree. */
unsigned tree_magic(const char *path);

#endif
