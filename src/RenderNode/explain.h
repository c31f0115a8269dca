/* Sentences for ioctls and batches that fail, to the error output (XEPT_EXPLAIN). */
#ifndef XEPT_NODE_EXPLAIN_H
#define XEPT_NODE_EXPLAIN_H

#include <stdbool.h>

/* An ioctl begins; the engine has answered; it has failed and is explained. */
void explain_begin(void);
void explain_keep(int error);
void explain(unsigned long request, int error);

/* Somebody wants to hear it; a batch has failed. */
bool explain_is_on(void);
void explain_batch(void *user, const char *sentence);

#endif
