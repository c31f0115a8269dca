/* The bytes of the program as devices move them: words as a whole, and a page that is not there is found out (RN-005: by a handler of this
 * library's, which no handler of the program's takes the place of). */
#ifndef XEPT_NODE_GUARD_H
#define XEPT_NODE_GUARD_H

#include <signal.h>
#include <stdint.h>

/* From now on the functions below can be used, on threads that do not block SIGSEGV and SIGBUS. */
void guard_start(void);

/* The same for a thread that may block them, between these two: where they are blocked the system ends the process instead. */
void guard_open(sigset_t *before);
void guard_close(const sigset_t *before);

/* A page whose words stay what they are, whatever is written there. Without room for one more, what is written stays. */
void guard_constant(uint32_t *page, uint32_t word);

/* Each returns 0, or not 0 when a byte is not there or may not be written; what lies before it may be moved. */
int guard_read(void *into, uint64_t address, uint64_t bytes);
int guard_write(uint64_t address, const void *from, uint64_t bytes);
int guard_compare_exchange(uint64_t address, uint32_t bytes, uint64_t expected, uint64_t desired, void *found);

#endif
