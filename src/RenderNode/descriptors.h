/* Which descriptors of the process lead where: to a client (an open node), or to something that was exported. Several lead to one, after dup. */
#ifndef XEPT_NODE_DESCRIPTORS_H
#define XEPT_NODE_DESCRIPTORS_H

#include "engine.h"

enum open_kind { OPEN_NODE, OPEN_EXPORT, OPEN_ATTRIBUTE };

/* A file that does something when it is written (attributes.h). */
enum attribute { ATTRIBUTE_LIMIT, ATTRIBUTE_RESET, ATTRIBUTE_STATISTICS };

/* What is exported: something that stands for a fence, or a buffer object. */
enum export { EXPORT_FENCE, EXPORT_BO, EXPORT_BO_TO_READ };

struct open_file {
    enum open_kind kind;
    int references;      /* descriptors, and calls in it */
    unsigned minor;      /* of a node */
    xept_device *device;
    xept_client *client; /* of a node */
    bool is_privileged;  /* as the engine knows it */
    int report;          /* of a node: where it is counted (report.h) */
    int engine_fd;       /* of what was exported: the device's own number */
    bool is_bo, is_read_only; /* as the program has asked for it */
    enum attribute attribute;
    int gt;              /* of an attribute */
};

/* What a descriptor leads to, held until descriptors_put; NULL for any other file. */
struct open_file *descriptors_get(int fd);
void descriptors_put(struct open_file *file);

/* Some descriptor leads somewhere. */
bool descriptors_are_there(void);

/* The descriptor of something that the device has a number for; -1 and errno. Takes the number over, and fd: a descriptor that is to be
 * it, or -1 for an error in errno. */
int descriptors_export(xept_device *device, int engine_fd, enum export export, int fd);

/* Writes a line for each client of a device, as its file clients in debugfs has them. Returns how long the text is. */
size_t descriptors_clients(unsigned device, char *text, size_t room);

/* A descriptor, just opened, is that of an attribute of a device. False without memory or without the device. */
bool descriptors_attribute(int fd, enum attribute attribute, unsigned device, int gt);

/* How it may be used, as the program has opened it or asked for it: O_RDONLY, O_WRONLY or O_RDWR. */
int descriptors_access(const struct open_file *file, int fd);

/* The process has opened what may be a node. Returns fd; or -1 and errno, fd being closed. */
int descriptors_opened(int fd);

/* A descriptor that has led nowhere so far, and may be of a node: another program has left it open, or another process has sent it. It
 * becomes a client of this process. As descriptors_get. */
struct open_file *descriptors_adopt(int fd);

/* A descriptor of the runtime's, which it never closes: the program does not either. Returns what it is from now on. */
int descriptors_keep(int fd);

/* A descriptor is another one's copy. */
void descriptors_copied(int from, int to);

/* Descriptors that lead to a file are the system's alone from now on. NULL: none. */
void descriptors_forget(const struct open_file *file);

/* A descriptor is about to be closed or replaced. */
void descriptors_closing(int fd);

#endif
