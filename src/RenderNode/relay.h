/* Questions of the system (questions.h) that the wrong process has heard. A program and its children are asked about by one list of questions,
 * which each of them reads: who hears one of another hands it on, in memory that all of them share. */
#ifndef XEPT_NODE_RELAY_H
#define XEPT_NODE_RELAY_H

#include <linux/seccomp.h>
#include <stdbool.h>

/* Before the first question. */
void relay_start(void);

/* A thread listens for this process, also if it has not run yet: a call of the process may be asked about, and heard by another one,
 * before it does. */
void relay_join(int thread);

/* The following are the listener's: without the C library, whose thread it is not. */

/* More than one process listens. */
bool relay_is_needed(void);

/* One listens at a time, so that who has seen that there is a question gets it, and does not wait for another while somebody hands that
 * one on. False: somebody else does. */
bool relay_begin(void);
void relay_end(void);

/* Hands a question on; false when it is of no process that listens. */
bool relay_hand_on(const struct seccomp_notif *question);

/* One that somebody else has heard. */
bool relay_take(struct seccomp_notif *question);

#endif
