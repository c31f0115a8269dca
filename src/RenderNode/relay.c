#include "real.h"
#include "relay.h"
#include "places.h"
#include "quiet.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MOST_MEMBERS = 64, MOST_LETTERS = 64 };

/* A thread that listens, and its process: after an exec the process is there and the thread is not. */
struct member {
    int32_t process, thread;
};

enum letter_state { LETTER_NONE, LETTER_WRITING, LETTER_READY };

struct letter {
    uint32_t state;
    struct member to;
    struct seccomp_notif question;
};

struct office {
    uint64_t members[MOST_MEMBERS]; /* each a struct member */
    uint64_t hearing;               /* the one who listens now */
    struct letter letters[MOST_LETTERS];
};

static struct office *office;

static bool is_in(int process, int thread)
{
    return quiet_bare(SYS_tgkill, process, thread, 0) == 0;
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

/* Puts a thread of this process in a place that nobody has who is still there. */
static bool take(uint64_t *place, int thread)
{
    uint64_t self = (uint64_t)quiet_bare(SYS_getpid, 0, 0, 0) << 32 | (uint32_t)thread;
    uint64_t before = __atomic_load_n(place, __ATOMIC_SEQ_CST);
    return !listens(unpack(before)) && __atomic_compare_exchange_n(place, &before, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void relay_join(int thread)
{
    for (int i = 0; office && i < MOST_MEMBERS; i++) {
        if (take(&office->members[i], thread))
            return;
    }
}

bool relay_begin(void)
{
    return !office || take(&office->hearing, (int)quiet_bare(SYS_gettid, 0, 0, 0));
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

/* A place for a letter: a free one, or that of one whose reader has gone. */
static struct letter *take_place(void)
{
    for (struct letter *letter = office->letters; letter < office->letters + MOST_LETTERS; letter++) {
        uint32_t state = __atomic_load_n(&letter->state, __ATOMIC_SEQ_CST);
        bool is_free = state == LETTER_NONE || (state == LETTER_READY && !listens(letter->to));
        if (is_free && __atomic_compare_exchange_n(&letter->state, &state, LETTER_WRITING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return letter;
    }
    return NULL;
}

bool relay_hand_on(const struct seccomp_notif *question)
{
    for (int i = 0; office && i < MOST_MEMBERS; i++) {
        struct member member = member_at(i);
        if (!listens(member) || !is_in(member.process, (int)question->pid))
            continue;
        struct letter *letter = take_place();
        if (!letter)
            return false;
        letter->to = member;
        letter->question = *question;
        __atomic_store_n(&letter->state, LETTER_READY, __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}

bool relay_take(struct seccomp_notif *question)
{
    int self = (int)quiet_bare(SYS_getpid, 0, 0, 0);
    for (int i = 0; office && i < MOST_LETTERS; i++) {
        struct letter *letter = &office->letters[i];
        uint32_t state = LETTER_READY;
        if (__atomic_load_n(&letter->state, __ATOMIC_SEQ_CST) != LETTER_READY || letter->to.process != self
            || !__atomic_compare_exchange_n(&letter->state, &state, LETTER_WRITING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        *question = letter->question;
        __atomic_store_n(&letter->state, LETTER_NONE, __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}
