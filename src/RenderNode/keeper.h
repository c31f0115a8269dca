/* A process of its own that shares the program's memory, and answers when nobody else does any more: the system asks about calls of a
 * program that was started from this one, too, also when this one has ended or has become that program. */
#ifndef XEPT_NODE_KEEPER_H
#define XEPT_NODE_KEEPER_H

#include <stdbool.h>

/* Before calls are asked about. */
bool keeper_start(void);

/* Gives it the questions, or with -1 lets it go. */
void keeper_brief(int questions);

/* A descriptor is not the program's to close: when the last one who has it has gone the keeper takes over. */
bool keeper_keeps(int fd);

#endif
