/* The functions of the C library behind those that this library has in their place. */
#ifndef XEPT_NODE_REAL_H
#define XEPT_NODE_REAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>

/* What the program sees of a function that this library has in its place. */
#define SHOWN __attribute__((visibility("default")))

/* REAL(open)(...) calls the next function of that name. It is looked for once; two threads that do so at the same time find the same. */
#define REAL(name) \
    (__extension__({ \
        static __typeof__(&name) real_; \
        __typeof__(&name) found_ = __atomic_load_n(&real_, __ATOMIC_RELAXED); \
        if (!found_) { \
            found_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
            __atomic_store_n(&real_, found_, __ATOMIC_RELAXED); \
        } \
        found_; \
    }))

#endif
