#include "questions.h"
#include "quiet.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { DONTNEED_LOCKED = 24 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_UPPER(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define IF_ANY(bits, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, then, otherwise)
#define ONLY(bits) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)
#define GO_ON BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ASK BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

int questions_install(void)
{
    uint64_t place = (uintptr_t)quiet_end;
    struct sock_filter filter[] = {
        LOAD(arch), IF(AUDIT_ARCH_X86_64, 1, 0), GO_ON,
        LOAD(instruction_pointer), IF((uint32_t)place, 0, 3), LOAD_UPPER(instruction_pointer), IF((uint32_t)(place >> 32), 0, 1), GO_ON,
        LOAD(nr),
        IF(SYS_munmap, 0, 1), ASK,
        IF(SYS_mremap, 0, 1), ASK,
        IF(SYS_brk, 0, 1), ASK,
        IF(SYS_mprotect, 1, 0), IF(SYS_pkey_mprotect, 0, 5),
        LOAD(args[2]), ONLY(PROT_READ | PROT_WRITE), IF(PROT_READ | PROT_WRITE, 1, 0), ASK, GO_ON,
        IF(SYS_madvise, 0, 7),
        LOAD(args[2]), IF(MADV_DONTNEED, 3, 0), IF(MADV_FREE, 2, 0), IF(MADV_REMOVE, 1, 0), IF(DONTNEED_LOCKED, 0, 1), ASK, GO_ON,
        IF(SYS_mmap, 0, 5),
        LOAD(args[3]), IF_ANY(MAP_FIXED_NOREPLACE, 2, 0), IF_ANY(MAP_FIXED, 0, 1), ASK, GO_ON,
        GO_ON,
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH
        | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (fd < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return (int)fd;
}

void questions_answer(int questions, uint64_t id, long result, uint32_t flags)
{
    struct seccomp_notif_resp response = {.id = id, .flags = flags};
    if (result < 0 && result >= -4095)
        response.error = (int32_t)result;
    else
        response.val = result;
    quiet_bare(SYS_ioctl, questions, (long)SECCOMP_IOCTL_NOTIF_SEND, (long)&response);
}
