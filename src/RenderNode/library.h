/* The library of the engine, found and loaded. */
#ifndef XEPT_NODE_LIBRARY_H
#define XEPT_NODE_LIBRARY_H

#include <stdbool.h>

/* Fills in the functions of engine.h. False, after a message, when it cannot. */
bool library_load(void);

#endif
