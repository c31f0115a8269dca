/* Sentences for ioctls that fail, to the error output (XEPT_EXPLAIN). */
#ifndef XEPT_NODE_EXPLAIN_H
#define XEPT_NODE_EXPLAIN_H

/* An ioctl begins; the engine has answered; it has failed and is explained. */
void explain_begin(void);
void explain_keep(int error);
void explain(unsigned long request, int error);

#endif
