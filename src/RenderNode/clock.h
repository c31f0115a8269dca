/* The time that the program and its devices see: the computer's, or a virtual one (XEPT_TIME=virtual), which passes only while somebody
 * waits or sleeps, so that nobody does for real. */
#ifndef XEPT_NODE_CLOCK_H
#define XEPT_NODE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

bool clock_is_virtual(void);

/* CLOCK_MONOTONIC as the program sees it, in nanoseconds. */
int64_t clock_look(void);

/* The virtual time is this at least: a device has let some pass by itself. */
void clock_reach(int64_t time);

/* A thread that waits until a virtual point in time has looked round: some time passes. has_seen: it has found something done. */
void clock_pass(int64_t deadline, bool has_seen);

/* In a child, where nobody else sleeps. */
void clock_child(void);

#endif
