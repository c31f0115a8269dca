/* Lines of this library on the program's error output. */
#ifndef XEPT_NODE_SAY_H
#define XEPT_NODE_SAY_H

/* One line, its end included, in one write, so that lines of several threads do not mix; a longer one than 640 bytes is cut off. Where
 * nobody reads it any more the program does not hear of it: no SIGPIPE for what it has not written. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
