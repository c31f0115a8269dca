/* System calls that nobody is asked about (questions.h): this library's own. */
#ifndef XEPT_NODE_QUIET_H
#define XEPT_NODE_QUIET_H

/* As syscall makes it, with errno. */
long quiet_call(long number, long a, long b, long c, long d, long e, long f);

/* For threads that the C library does not know, whose errno it is not: both return the negative error. */
long quiet_bare(long number, long a, long b, long c);
long quiet_raw(long number, long a, long b, long c, long d, long e, long f);

/* A descriptor of this library's own gets a number that programs do not expect to get. Returns it. */
int quiet_move_up(int fd);

/* Where all of them are made: the instruction behind the call. */
extern const char quiet_end[] __attribute__((visibility("hidden")));

#endif
