#include "engine/expression/script/javascript_cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

// What computing, allocating, waiting for other threads and talking to the
// engine need. Everything else fails with EPERM, files and sockets first.
constexpr int kAllowed[] = {
    SYS_read,          SYS_write,           SYS_exit,
    SYS_exit_group,    SYS_futex,           SYS_brk,
    SYS_munmap,        SYS_mremap,          SYS_madvise,
    SYS_rt_sigreturn,  SYS_rt_sigprocmask,  SYS_sigaltstack,
    SYS_clock_gettime, SYS_gettimeofday,    SYS_sched_yield,
    SYS_getrusage,     SYS_setitimer,       SYS_gettid,
    SYS_getpid,        SYS_restart_syscall, SYS_getrandom};
// Allowed unless their third argument asks for executable memory.
constexpr int kAllowedUnlessExecutable[] = {SYS_mmap, SYS_mprotect};

std::vector<sock_filter> Program() {
  const auto load = [](size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                static_cast<uint32_t>(offset));
  };
  const auto answer = [](uint32_t value) {
    return sock_filter BPF_STMT(BPF_RET | BPF_K, value);
  };
  // Goes on behind the next instruction unless the loaded word is `value`.
  const auto unless = [](int value) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                static_cast<uint32_t>(value), 0, 1);
  };
  std::vector<sock_filter> program = {
      load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
  };
  for (const int call : kAllowed) {
    program.push_back(unless(call));
    program.push_back(answer(SECCOMP_RET_ALLOW));
  }
  for (const int call : kAllowedUnlessExecutable) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 4));
    program.push_back(load(offsetof(seccomp_data, args[2])));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    program.push_back(answer(SECCOMP_RET_ERRNO | EPERM));
    program.push_back(answer(SECCOMP_RET_ALLOW));
  }
  // Of its own limits only.
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4));
  program.push_back(load(offsetof(seccomp_data, args[0])));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1));
  program.push_back(answer(SECCOMP_RET_ALLOW));
  program.push_back(answer(SECCOMP_RET_ERRNO | EPERM));
  program.push_back(answer(SECCOMP_RET_ERRNO | EPERM));
  return program;
}

bool Limit(__rlimit_resource resource, rlim_t value) {
  const rlimit limit{value, value};
  return setrlimit(resource, &limit) == 0;
}

// Bytes of address space that the process has now; 0 if that can't be known.
size_t AddressSpace() {
  size_t pages = 0;
  if (FILE* file = fopen("/proc/self/statm", "r"); file != nullptr) {
    if (fscanf(file, "%zu", &pages) != 1) pages = 0;
    fclose(file);
  }
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string CloseCage() {
  const auto failed = [](const char* what) {
    return std::string(what) + ": " + strerror(errno);
  };
#ifndef PAWL_OPEN_CAGE
  const size_t space = AddressSpace();
  if (space == 0) return failed("/proc/self/statm");
  if (!Limit(RLIMIT_AS, space + kJavaScriptMemoryMax)) {
    return failed("RLIMIT_AS");
  }
#endif
  if (!Limit(RLIMIT_NOFILE, 0) || !Limit(RLIMIT_FSIZE, 0) ||
      !Limit(RLIMIT_CORE, 0) || !Limit(RLIMIT_NPROC, 0)) {
    return failed("setrlimit");
  }
  if (geteuid() == 0) {
    // nobody, who can't raise a limit again. Not everybody who looks like root
    // may do this; the filter below doesn't need it.
    constexpr uid_t kNobody = 65534;
    (void)!setgroups(0, nullptr);
    (void)!setresgid(kNobody, kNobody, kNobody);
    (void)!setresuid(kNobody, kNobody, kNobody);
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("PR_SET_DUMPABLE");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failed("PR_SET_NO_NEW_PRIVS");
  }
#ifndef PAWL_OPEN_CAGE
  std::vector<sock_filter> program = Program();
  const sock_fprog filter{static_cast<unsigned short>(program.size()),
                          program.data()};
  // mozjs has threads of its own.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
              &filter) != 0) {
    return failed("seccomp");
  }
#endif
  return "";
}

void AllowProcessorTime(int ms) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const rlim_t used = static_cast<rlim_t>(usage.ru_utime.tv_sec) +
                      static_cast<rlim_t>(usage.ru_stime.tv_sec) + 2;
  rlimit limit{};
  getrlimit(RLIMIT_CPU, &limit);
  limit.rlim_cur = used + static_cast<rlim_t>((ms + 999) / 1000);
  setrlimit(RLIMIT_CPU, &limit);
}

}  // namespace pawl::expression::script
