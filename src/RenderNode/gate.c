#include "gate.h"

#include <stdbool.h>
#include <stddef.h>

static struct gate *gates; /* all of them, once the library is loaded */
static __thread bool has_all __attribute__((tls_model("initial-exec"))); /* this thread forks, and may call what it likes meanwhile */

void gate_enter(struct gate *gate)
{
    if (!has_all)
        pthread_mutex_lock(&gate->mutex);
}

void gate_leave(struct gate *gate)
{
    if (!has_all)
        pthread_mutex_unlock(&gate->mutex);
}

/* In any order: who is behind one enters no other, but from managed code, where nobody is by now (engine.c). */
static void enter_all(void)
{
    for (struct gate *gate = gates; gate; gate = gate->next)
        gate_enter(gate);
    has_all = true;
}

static void leave_all(void)
{
    has_all = false;
    for (struct gate *gate = gates; gate; gate = gate->next)
        gate_leave(gate);
}

void gate_register(struct gate *gate)
{
    if (!gates)
        pthread_atfork(enter_all, leave_all, leave_all);
    gate->next = gates;
    gates = gate;
}
