/* What the system asks (seccomp user notification): calls that take memory away, of all threads, before they are made. */
#ifndef XEPT_NODE_QUESTIONS_H
#define XEPT_NODE_QUESTIONS_H

#include <stdint.h>

/* Has the system ask, from now on and for all that the process starts. Returns the descriptor of the questions; -1 where it does not. */
int questions_install(void);

/* Answers one: by a result, as the system gives it, or by SECCOMP_USER_NOTIF_FLAG_CONTINUE. From any thread. */
void questions_answer(int questions, uint64_t id, long result, uint32_t flags);

#endif
