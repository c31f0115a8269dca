/* Questions of the system (questions.h) that the wrong process has heard. A program and its children are asked about by one list of questions,
 * which each of them reads: who hears one of another hands it on, in memory that all of them share. */
#ifndef XEPT_NODE_RELAY_H
#define XEPT_NODE_RELAY_H

#include <linux/seccomp.h>
#include <stdbool.h>

struct letter;

/* Before the first question. */
void relay_start(void);

/* A thread listens for this process, also if it has not run yet: a call of the process may be asked about, and heard by another one,
 * before it does. */
void relay_join(int thread);

/* The following are the listener's: without the C library, whose thread it is not. */

/* More than one process listens. */
bool relay_is_needed(void);

/* One listens at a time, so that who has seen that there is a question gets it, and does not wait for another while somebody hands that
 * one on. A question is heard on a letter in the memory of all, where others find it when who has heard it is killed or becomes another
 * program. NULL: somebody else listens. */
struct letter *relay_begin(void);
void relay_end(void);

/* What is on a letter; one without a number has none. */
struct seccomp_notif *relay_question(struct letter *letter);

/* Its question is answered, or somebody else's by now. */
void relay_drop(struct letter *letter);

/* Sends a letter to the process whose question it is; false when none is that listens, and then it stays with who has written it. */
bool relay_send(struct letter *letter);

/* One that somebody else has sent; one that somebody has had who is not there any more. NULL: none. */
struct letter *relay_take(void);
struct letter *relay_inherit(void);

#endif
