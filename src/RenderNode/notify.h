/* System calls that change the program's memory and do not go through the functions of the C library that live.c has in their place: those
 * that malloc makes, or the program itself. The system asks about each (seccomp user notification), and they are made on a thread of this
 * library's, told like all others. */
#ifndef XEPT_NODE_NOTIFY_H
#define XEPT_NODE_NOTIFY_H

#include <stdbool.h>

/* The program is about to let devices use its memory; it has done so. */
void notify_start(void);
bool notify_has_started(void);

/* Before a process is copied. */
void notify_fork(void);

/* In a child, whose calls are asked about like its parent's; and when it uses a device first. */
void notify_child(void);
void notify_resume(void);

/* A descriptor is not the program's to close. */
bool notify_keeps(int fd);

#endif
