#include "real.h"
#include "relay.h"
#include "places.h"
#include "quiet.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MOST_MEMBERS = 64, MOST_LETTERS = 64 };

/* A thread that listens, and its process: after an exec the process is there and the thread is not. */
struct member {
    int32_t process, thread;
};

/* Of a letter the state is one word, with the one who writes it, whom it is for, or who reads it: so it never changes hands by halves. */
enum letter_state { LETTER_NONE, LETTER_WRITTEN, LETTER_SENT, LETTER_READ };

struct letter {
    uint64_t state;
    struct seccomp_notif question; /* without a number while it is blank */
};

struct office {
    uint64_t members[MOST_MEMBERS]; /* each a struct member */
    uint64_t hearing;               /* the one who listens now */
    struct letter letters[MOST_LETTERS];
};

static struct office *office;
static struct letter spare; /* where there is no office, or no room in it */

/* Whoever has given up privileges may not signal those who have them, but they are there. */
static bool is_in(int process, int thread)
{
    long error = quiet_bare(SYS_tgkill, process, thread, 0);
    return error == 0 || error == -EPERM;
}

static struct member unpack(uint64_t word)
{
    return (struct member){.process = (int32_t)(word >> 32), .thread = (int32_t)word};
}

static struct member member_at(int i)
{
    return unpack(__atomic_load_n(&office->members[i], __ATOMIC_SEQ_CST));
}

static bool listens(struct member member)
{
    return member.process && is_in(member.process, member.thread);
}

void relay_start(void)
{
    void *shared = places_map(sizeof *office, MAP_SHARED);
    office = shared == MAP_FAILED ? NULL : shared;
}

static uint64_t pack(int thread)
{
    return (uint64_t)quiet_bare(SYS_getpid, 0, 0, 0) << 32 | (uint32_t)thread;
}

static uint64_t self(void)
{
    return pack((int)quiet_bare(SYS_gettid, 0, 0, 0));
}

static bool change(uint64_t *place, uint64_t before, uint64_t after)
{
    return __atomic_compare_exchange_n(place, &before, after, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Puts a thread of this process in a place that nobody has who is still there. */
static bool take(uint64_t *place, uint64_t member)
{
    uint64_t before = __atomic_load_n(place, __ATOMIC_SEQ_CST);
    return !listens(unpack(before)) && change(place, before, member);
}

void relay_join(int thread)
{
    for (int i = 0; office && i < MOST_MEMBERS; i++) {
        if (take(&office->members[i], pack(thread)))
            return;
    }
}

/* Numbers of processes and threads have 22 bits at most. */
static uint64_t with_state(enum letter_state state, uint64_t member)
{
    return (uint64_t)state << 62 | member;
}

static enum letter_state state_of(uint64_t word)
{
    return word >> 62;
}

static struct member member_of(uint64_t word)
{
    return unpack(word & ~(3ull << 62));
}

static struct letter *blank(void)
{
    for (int i = 0; office && i < MOST_LETTERS; i++) {
        struct letter *letter = &office->letters[i];
        if (__atomic_load_n(&letter->state, __ATOMIC_SEQ_CST) == 0 && change(&letter->state, 0, with_state(LETTER_WRITTEN, self())))
            return letter;
    }
    return &spare;
}

struct seccomp_notif *relay_question(struct letter *letter)
{
    return &letter->question;
}

void relay_drop(struct letter *letter)
{
    memset(&letter->question, 0, sizeof letter->question);
    __atomic_store_n(&letter->state, 0, __ATOMIC_SEQ_CST);
}

struct letter *relay_begin(void)
{
    return !office || take(&office->hearing, self()) ? blank() : NULL;
}

void relay_end(void)
{
    if (office)
        __atomic_store_n(&office->hearing, 0, __ATOMIC_SEQ_CST);
}

bool relay_is_needed(void)
{
    int count = 0;
    for (int i = 0; office && i < MOST_MEMBERS && count < 2; i++)
        count += listens(member_at(i));
    return count > 1;
}

bool relay_send(struct letter *letter)
{
    for (int i = 0; office && letter != &spare && i < MOST_MEMBERS; i++) {
        uint64_t member = __atomic_load_n(&office->members[i], __ATOMIC_SEQ_CST);
        if (!listens(unpack(member)) || !is_in(unpack(member).process, (int)letter->question.pid))
            continue;
        __atomic_store_n(&letter->state, with_state(LETTER_SENT, member), __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}

struct letter *relay_take(void)
{
    int process = unpack(self()).process;
    for (int i = 0; office && i < MOST_LETTERS; i++) {
        struct letter *letter = &office->letters[i];
        uint64_t word = __atomic_load_n(&letter->state, __ATOMIC_SEQ_CST);
        if (state_of(word) == LETTER_SENT && member_of(word).process == process
            && change(&letter->state, word, with_state(LETTER_READ, self())))
            return letter;
    }
    return NULL;
}

struct letter *relay_inherit(void)
{
    for (int i = 0; office && i < MOST_LETTERS; i++) {
        struct letter *letter = &office->letters[i];
        uint64_t word = __atomic_load_n(&letter->state, __ATOMIC_SEQ_CST);
        if (word && !listens(member_of(word)) && change(&letter->state, word, with_state(LETTER_WRITTEN, self())))
            return letter;
    }
    return NULL;
}
