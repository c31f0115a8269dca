/* What the program does, counted in a file that "xept exec" reads when it has ended (XEPT_REPORT: the folder; one file for each process).
 * The file is shared memory: a process that is killed has counted all the same. */
#ifndef XEPT_NODE_REPORT_H
#define XEPT_NODE_REPORT_H

#include "descriptors.h"

/* An ioctl begins; it is answered, with 0 or a negative error number. */
void report_begin(void);
void report_ioctl(unsigned long request, int error);

/* From inside of managed code, in the request of a client: the engine has answered it. */
void report_engine(const struct open_file *file, unsigned long request, int error);

/* It is refused without the engine, by this rule. */
void report_refused(int error, const char *by);

/* From inside: a client is open, and is about to be closed. */
void report_opened(struct open_file *file);
void report_closing(const struct open_file *file);

/* From inside: a device has done something. */
void report_device(unsigned number, xept_device *device);

/* From inside, in a child: what a device has done until now is not the child's. */
void report_inherit(unsigned number, xept_device *device);

/* XEPT_CHECK: tables and accesses are checked; what was wrong is said on the error output, and counted. */
bool report_checks(void);
void report_violation(void *user, const char *sentence);

#endif
