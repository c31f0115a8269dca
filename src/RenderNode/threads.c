/* Threads of the runtime's own, which it makes while a thread of the program is in managed code: they are inside for good, so that what
 * they do with their memory is nobody's business (RN-004). */
#include "real.h"
#include "engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct beginning {
    void *(*run)(void *);
    void *argument;
};

static void *begin_inside(void *given)
{
    struct beginning beginning = *(struct beginning *)given;
    free(given);
    engine_stay_inside();
    return beginning.run(beginning.argument);
}

SHOWN int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict how, void *(*run)(void *), void *restrict argument)
{
    if (!engine_is_inside())
        return REAL(pthread_create)(thread, how, run, argument);
    struct beginning *beginning = malloc(sizeof *beginning);
    if (!beginning)
        return EAGAIN;
    *beginning = (struct beginning){run, argument};
    int error = REAL(pthread_create)(thread, how, begin_inside, beginning);
    if (error)
        free(beginning);
    return error;
}
