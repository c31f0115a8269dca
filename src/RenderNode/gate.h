/* Gates that fork waits for, so that a child finds them open and behind them nothing in the middle of a change. */
#ifndef XEPT_NODE_GATE_H
#define XEPT_NODE_GATE_H

#include <pthread.h>

struct gate {
    pthread_mutex_t mutex;
    struct gate *next;
};

/* Registered before all else that is there for fork (engine.c). */
#define GATE(name) \
    static struct gate name = {.mutex = PTHREAD_MUTEX_INITIALIZER}; \
    __attribute__((constructor(101))) static void register_##name(void) \
    { \
        gate_register(&name); \
    }

/* For GATE. */
void gate_register(struct gate *gate);

void gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

#endif
