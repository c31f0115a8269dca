#include "tree.h"
#include "real.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSFS 0x62656572u
#define DEBUGFS 0x64626720u
#define DEBUG_FOLDER "/sys/kernel/debug"

/* What is looked for in the tree: these, and all below them. */
static const char *const roots[] = {
    "/dev/dri", "/sys/dev/char/226:", "/sys/class/drm", "/sys/bus/pci", "/sys/devices/pci0000:00", DEBUG_FOLDER,
};

/* These by themselves: in the tree they list what the system has, too. */
static const char *const lists[] = {"/sys/class", "/sys/bus"};

static struct {
    char path[PATH_MAX];
    size_t length;
    struct tree_node nodes[2 * TREE_MOST_DEVICES];
    int count;
} tree;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_node(const char *name, unsigned minor)
{
    char path[PATH_MAX + 32];
    struct stat found;
    snprintf(path, sizeof path, "%s/dev/dri/%s%u", tree.path, name, minor);
    if (REAL(stat)(path, &found) == 0)
        tree.nodes[tree.count++] = (struct tree_node){.dev = found.st_dev, .ino = found.st_ino, .minor = minor};
}

static void find_tree(void)
{
    const char *path = getenv("XEPT_TREE");
    if (!path || path[0] != '/' || strlen(path) >= sizeof tree.path)
        return;
    strcpy(tree.path, path);
    tree.length = strlen(path);
    for (unsigned i = 0; i < TREE_MOST_DEVICES; i++) {
        add_node("card", i);
        add_node("renderD", TREE_FIRST_RENDER + i);
    }
}

static bool is_below(const char *path, const char *root)
{
    size_t length = strlen(root);
    /* "/sys/dev/char/226:" is the beginning of a name, the others are whole ones. */
    return strncmp(path, root, length) == 0 && (root[length - 1] == ':' || path[length] == '/' || path[length] == '\0');
}

/* Makes one slash of several, and none at the end, so that "//dev//dri/" is found, too. */
static bool tidy(const char *path, char *into, size_t room)
{
    size_t length = 0;
    for (; *path; path++) {
        if (*path == '/' && length > 0 && into[length - 1] == '/')
            continue;
        if (length + 1 >= room)
            return false;
        into[length++] = *path;
    }
    if (length > 1 && into[length - 1] == '/')
        length--;
    into[length] = '\0';
    return true;
}

static bool is_ours(const char *path)
{
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (is_below(path, roots[i]))
            return true;
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(path, lists[i]) == 0)
            return true;
    }
    return false;
}

const char *tree_path(const char *path, char room[PATH_MAX])
{
    pthread_once(&once, find_tree);
    if (tree.length == 0 || !path || path[0] != '/')
        return path;
    char tidied[PATH_MAX];
    if (!tidy(path, tidied, sizeof tidied) || !is_ours(tidied) || tree.length + strlen(tidied) >= PATH_MAX)
        return path;
    memcpy(room, tree.path, tree.length);
    strcpy(room + tree.length, tidied);
    return room;
}

/* A path that starts at an open folder, from the root on. */
static bool whole_path(int folder, const char *path, char whole[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = REAL(readlink)(link, whole, PATH_MAX - 1);
    if (length <= 0 || (size_t)length + strlen(path) + 2 > PATH_MAX)
        return false;
    whole[length] = '/';
    strcpy(whole + length + 1, path);
    return true;
}

const char *tree_path_at(int *folder, const char *path, char room[PATH_MAX])
{
    pthread_once(&once, find_tree);
    if (tree.length == 0 || !path || path[0] == '\0')
        return path;
    if (path[0] == '/' || *folder == AT_FDCWD)
        return tree_path(path, room);

    char whole[PATH_MAX];
    if (!whole_path(*folder, path, whole))
        return path;
    const char *found = tree_path(whole, room);
    if (found == whole)
        return path;
    *folder = AT_FDCWD;
    return found;
}

static bool is_in_tree(const char *path)
{
    return strncmp(path, tree.path, tree.length) == 0 && path[tree.length] == '/';
}

bool tree_has(int folder, const char *path)
{
    char link[64], start[PATH_MAX];
    pthread_once(&once, find_tree);
    if (tree.length == 0 || !path)
        return false;
    if (path[0] == '/' || folder == AT_FDCWD)
        return is_in_tree(path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = REAL(readlink)(link, start, sizeof start - 1);
    start[length > 0 ? length : 0] = '\0';
    return is_in_tree(start);
}

bool tree_swallows(int folder, const char *path)
{
    static const char *const places[] = {
        "/dev/kmsg", "/sys/class/vtconsole", "/sys/devices/virtual/vtconsole", "/sys/kernel/tracing", DEBUG_FOLDER "/tracing",
        "/proc/sys/kernel/ftrace_dump_on_oops",
    };
    char whole[PATH_MAX];
    pthread_once(&once, find_tree);
    if (tree.length == 0 || !path)
        return false;
    if (path[0] != '/' && folder != AT_FDCWD && whole_path(folder, path, whole)) {
        whole[tree_hide(whole, strlen(whole))] = '\0';
        path = whole;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (is_below(path, places[i]))
            return true;
    }
    const char *name = strrchr(path, '/');
    return is_below(path, "/proc") && (strcmp(name, "/oom_score_adj") == 0 || strcmp(name, "/oom_adj") == 0);
}

size_t tree_hide(char *path, size_t length)
{
    pthread_once(&once, find_tree);
    if (tree.length == 0 || length <= tree.length || memcmp(path, tree.path, tree.length) != 0 || path[tree.length] != '/')
        return length;
    memmove(path, path + tree.length, length - tree.length);
    return length - tree.length;
}

int tree_minor(const struct stat *stat)
{
    pthread_once(&once, find_tree);
    for (int i = 0; i < tree.count; i++) {
        if (tree.nodes[i].ino == stat->st_ino && tree.nodes[i].dev == stat->st_dev)
            return (int)tree.nodes[i].minor;
    }
    return -1;
}

unsigned tree_magic(const char *path)
{
    pthread_once(&once, find_tree);
    if (tree.length == 0 || strncmp(path, tree.path, tree.length) != 0)
        return 0;
    path += tree.length;
    return is_below(path, DEBUG_FOLDER) ? DEBUGFS : is_below(path, "/sys") ? SYSFS : 0;
}
