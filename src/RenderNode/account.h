/* The account of a device's memory that all processes of one "xept exec" share (RN-006). */
#ifndef XEPT_NODE_ACCOUNT_H
#define XEPT_NODE_ACCOUNT_H

enum { ACCOUNT_BYTES = 16384 };

/* The account of a device, mapped until the process ends; NULL where it cannot be, and then the device's memory is this process's alone. */
void *account_map(unsigned device);

#endif
