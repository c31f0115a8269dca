/* Memory that the program has named and that may not be there: the system copies it, and says so. */
#ifndef XEPT_NODE_USER_H
#define XEPT_NODE_USER_H

#include <stdbool.h>
#include <stddef.h>

bool user_read(const void *from, void *into, size_t bytes);
bool user_write(void *to, const void *from, size_t bytes);

#endif
