/* Sentences for ioctls and batches that fail, to the error output (XEPT_EXPLAIN). */
#ifndef XEPT_NODE_EXPLAIN_H
#define XEPT_NODE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* An ioctl begins; it has failed and is explained. */
void explain_begin(void);
void explain(unsigned long request, int error);

/* From inside: the engine has answered. rule: says why where the engine names none; NULL where it always does. */
void explain_keep(int error, const char *rule);

/* What is refused without the engine: the rule that says so, and the sentence. Returns the error. */
int explain_refusal(int error, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* -EFAULT: what a field points to cannot be read, or written, and where that is. */
enum explain_fault { EXPLAIN_READ, EXPLAIN_WRITE };
int explain_fault(enum explain_fault kind, const char *rule, const char *field, const void *at, size_t bytes);

/* Somebody wants to hear it; a batch has failed. */
bool explain_is_on(void);
void explain_batch(void *user, const char *sentence);

#endif
