#include "gate.h"

#include <stddef.h>

static struct gate *gates; /* all of them, once the library is loaded */

void gate_enter(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
}

void gate_leave(struct gate *gate)
{
    pthread_mutex_unlock(&gate->mutex);
}

/* In any order: who is behind one enters no other, but from managed code, where nobody is by now (engine.c). */
static void enter_all(void)
{
    for (struct gate *gate = gates; gate; gate = gate->next)
        gate_enter(gate);
}

static void leave_all(void)
{
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
