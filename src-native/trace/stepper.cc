#include "trace/stepper.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace mapdirect::trace::stepper {
namespace {

constexpr std::size_t kPage = 4096;  // of x86_64
constexpr greg_t kTrapFlag = 0x100;  // Intel SDM volume 1, 3.4.3
constexpr greg_t kWriteFault = 2;    // Intel SDM volume 3, 4.7
constexpr greg_t kFetchFault = 16;   // the same

// A range is free while its length is 0.
struct Range final {
  std::atomic<std::uintptr_t> address{0};
  std::atomic<std::size_t> length{0};
  std::uint64_t place = 0;
  TraceLog* log = nullptr;
  std::atomic<int> protection{PROT_READ};  // between two accesses; PROT_NONE: loads are traced, too
};
constexpr int kMost = 256;
Range ranges[kMost];

// The thread that steps, or that changes the ranges or a log. 0: none.
std::atomic<pid_t> owner{0};

// The instruction that runs now. An access may touch two pages, and movs has a second address.
struct OpenPage final {
  std::uintptr_t page;
  std::uintptr_t access;
  bool stores;
  const Range* range;
  bool with_all;  // the whole range is open
};
constexpr int kMostPages = 4;
struct Step final {
  bool runs = false;
  std::uintptr_t code = 0;
  sigset_t mask;
  int pages = 0;
  OpenPage open[kMostPages];
  alignas(64) unsigned char copies[kMostPages][kPage];
};
Step step;

struct sigaction earlier_fault;
struct sigaction earlier_trap;

pid_t ThreadId() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void Lock(pid_t thread) {
  pid_t none = 0;
  while (!owner.compare_exchange_weak(none, thread, std::memory_order_acquire)) {
    none = 0;
    ::sched_yield();
  }
}

void Unlock() { owner.store(0, std::memory_order_release); }

// Reads without the lock: most faults of a process are not ours, and must not wait.
const Range* Find(std::uintptr_t address) {
  for (const Range& range : ranges) {
    const std::size_t length = range.length.load(std::memory_order_acquire);
    const std::uintptr_t base = range.address.load(std::memory_order_relaxed);
    if (length != 0 && address - base < length) return &range;
  }
  return nullptr;
}

int SetProtection(std::uintptr_t address, std::size_t length, int protection) {
  return ::mprotect(reinterpret_cast<void*>(address), length, protection) == 0 ? 0 : -errno;
}

// A page of its own inside a range makes three areas of one. Near vm.max_map_count that fails, and all of the range is
// opened.
bool Open(OpenPage* open) {
  open->with_all = SetProtection(open->page, kPage, PROT_READ | PROT_WRITE) != 0;
  return !open->with_all || SetProtection(open->range->address, open->range->length, PROT_READ | PROT_WRITE) == 0;
}

bool Shut(const OpenPage& open) {
  const int protection = open.range->protection.load(std::memory_order_relaxed);
  if (open.with_all) return SetProtection(open.range->address, open.range->length, protection) == 0;
  return SetProtection(open.page, kPage, protection) == 0;
}

bool IsOpen(std::uintptr_t page) {
  for (int i = 0; i < step.pages; i++) {
    if (step.open[i].page == page) return true;
  }
  return false;
}

// Lets the instruction that has faulted run alone. Returns false if it cannot be.
bool BeginStep(const Range& range, std::uintptr_t address, bool stores, ucontext_t* context) {
  const std::uintptr_t page = address / kPage * kPage;
  if (step.pages == kMostPages || IsOpen(page)) return false;
  step.open[step.pages] = {page, address, stores, &range, /*with_all=*/false};
  if (!Open(&step.open[step.pages])) return false;
  std::memcpy(step.copies[step.pages], reinterpret_cast<const void*>(page), kPage);
  step.pages++;
  if (step.runs) return true;
  step.runs = true;
  step.code = static_cast<std::uintptr_t>(context->uc_mcontext.gregs[REG_RIP]);
  // A handler between here and the trap could store, too.
  step.mask = context->uc_sigmask;
  ::sigfillset(&context->uc_sigmask);
  for (const int signal : {SIGSEGV, SIGTRAP, SIGBUS, SIGILL, SIGFPE}) ::sigdelset(&context->uc_sigmask, signal);
  context->uc_mcontext.gregs[REG_EFL] |= kTrapFlag;
  return true;
}

// The bytes of the instruction that has run. A repeated one stays where it is; then some that follow it may be there.
std::size_t CodeLength(const ucontext_t& context) {
  const auto next = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
  if (next > step.code && next - step.code < kMostCode) return next - step.code;
  const std::size_t in_page = kPage - step.code % kPage;
  return in_page < kMostCode ? in_page : kMostCode;
}

// The first changed byte of an instruction is searched from the address that has faulted.
void Note(const OpenPage& open, const unsigned char* copy, std::uint32_t flags, std::size_t code_length) {
  const Range& range = *open.range;
  const auto* const now = reinterpret_cast<const unsigned char*>(open.page);
  const std::uint64_t place = range.place + (open.page - range.address.load(std::memory_order_relaxed));
  const std::size_t offset = open.access - open.page;
  const std::size_t word = offset / sizeof(std::uint64_t) * sizeof(std::uint64_t);
  // Bytes before the address: it was not that of the first byte.
  const std::size_t start = std::memcmp(now, copy, word) == 0 ? word : 0;
  range.log->Add({place + offset, flags, reinterpret_cast<const unsigned char*>(step.code), code_length}, place + start,
                 copy + start, now + start, kPage - start);
}

std::uint32_t Flags(int page) { return (page > 0 ? kContinues : 0) | (step.open[page].stores ? kStores : 0); }

void EndStep(ucontext_t* context, bool has_run) {
  context->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
  context->uc_sigmask = step.mask;
  for (int i = 0; i < step.pages; i++) {
    if (has_run) Note(step.open[i], step.copies[i], Flags(i), CodeLength(*context));
    if (!Shut(step.open[i])) step.open[i].range->log->Lose();
  }
  step.pages = 0;
  step.runs = false;
  Unlock();
}

// A fault that is not ours is raised again by the access itself, a sent signal by us.
void Default(int signal, const siginfo_t& info) {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  if (info.si_code <= 0 || signal == SIGTRAP) ::syscall(SYS_tgkill, ::getpid(), ThreadId(), signal);
}

void PassOn(const struct sigaction& earlier, int signal, siginfo_t* info, void* context) {
  if ((earlier.sa_flags & SA_SIGINFO) != 0) return earlier.sa_sigaction(signal, info, context);
  if (earlier.sa_handler == SIG_IGN && info->si_code <= 0) return;
  if (earlier.sa_handler == SIG_DFL || earlier.sa_handler == SIG_IGN) return Default(signal, *info);
  earlier.sa_handler(signal);
}

// The range whose protection forbids this access.
const Range* RangeOf(std::uintptr_t address, bool stores) {
  const Range* const range = Find(address);
  if (range == nullptr) return nullptr;
  return stores || range->protection.load(std::memory_order_relaxed) == PROT_NONE ? range : nullptr;
}

// Returns false if the fault is not about a traced range.
bool Take(const siginfo_t& info, ucontext_t* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const greg_t error = context->uc_mcontext.gregs[REG_ERR];
  const bool is_access = info.si_code == SEGV_ACCERR && (error & kFetchFault) == 0;
  const bool stores = (error & kWriteFault) != 0;
  const pid_t thread = ThreadId();
  const bool steps = owner.load(std::memory_order_acquire) == thread;
  if (!is_access || RangeOf(address, stores) == nullptr) {
    if (steps && step.runs) EndStep(context, /*has_run=*/false);
    return false;
  }
  if (!steps) Lock(thread);
  const Range* const range = Find(address);  // it may have gone meanwhile: then the access can run
  if (range != nullptr && BeginStep(*range, address, stores, context)) return true;
  if (step.runs) {
    EndStep(context, /*has_run=*/false);
    return range == nullptr;
  }
  Unlock();
  return range == nullptr;
}

void OnFault(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  if (!Take(*info, static_cast<ucontext_t*>(context))) PassOn(earlier_fault, signal, info, context);
  errno = saved;
}

void OnTrap(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  const bool is_ours = owner.load(std::memory_order_acquire) == ThreadId() && step.runs && info->si_code == TRAP_TRACE;
  if (is_ours) {
    EndStep(static_cast<ucontext_t*>(context), /*has_run=*/true);
  } else {
    PassOn(earlier_trap, signal, info, context);
  }
  errno = saved;
}

// Puts the handler first. Another library may have installed its own one since the last call.
int InstallOne(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction* earlier) {
  struct sigaction now;
  if (::sigaction(signal, nullptr, &now) != 0) return -errno;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handler) return 0;
  *earlier = now;
  struct sigaction ours = {};
  ours.sa_sigaction = handler;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&ours.sa_mask);
  return ::sigaction(signal, &ours, nullptr) == 0 ? 0 : -errno;
}

int Install() {
  const int fault = InstallOne(SIGSEGV, OnFault, &earlier_fault);
  return fault != 0 ? fault : InstallOne(SIGTRAP, OnTrap, &earlier_trap);
}

void Free(Range* range) {
  const std::size_t length = range->length.exchange(0, std::memory_order_acq_rel);
  static_cast<void>(SetProtection(range->address, length, PROT_READ | PROT_WRITE));
  range->log = nullptr;
}

Range* FreeRange() {
  for (Range& range : ranges) {
    if (range.length.load(std::memory_order_relaxed) == 0) return &range;
  }
  return nullptr;
}

}  // namespace

// A signal handler of this thread that stores would find its own thread at work.
Pause::Pause() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &mask_);
  Lock(ThreadId());
}

Pause::~Pause() {
  Unlock();
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

int Protect(std::uintptr_t address, std::size_t length, std::uint64_t place, TraceLog* log) {
  const Pause pause;
  const int refused = Install();
  if (refused != 0) return refused;
  Range* const range = FreeRange();
  if (range == nullptr) return -ENOSPC;
  const int protection = log->HasLoads() ? PROT_NONE : PROT_READ;
  const int failed = SetProtection(address, length, protection);
  if (failed != 0) return failed;
  range->protection.store(protection, std::memory_order_relaxed);
  range->place = place;
  range->log = log;
  range->address.store(address, std::memory_order_relaxed);
  range->length.store(length, std::memory_order_release);
  return 0;
}

int Probe() {
  void* const page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return -errno;
  TraceLog log;
  int failed = log.Open(/*loads=*/false);
  if (failed == 0) {
    failed = Protect(reinterpret_cast<std::uintptr_t>(page), kPage, 0, &log);
    if (failed == 0) *static_cast<volatile unsigned char*>(page) = 1;
    if (owner.load(std::memory_order_acquire) == ThreadId()) {  // no trap came
      step.pages = 0;
      step.runs = false;
      Unlock();
    }
    Release(reinterpret_cast<std::uintptr_t>(page));
    if (failed == 0 && log.Length() == 0) failed = -ENOTSUP;
    log.Close();
  }
  ::munmap(page, kPage);
  return failed;
}

void Release(std::uintptr_t address) {
  const Pause pause;
  for (Range& range : ranges) {
    if (range.length.load(std::memory_order_relaxed) != 0 && range.address == address) Free(&range);
  }
}

void ReleaseAll(const TraceLog* log) {
  const Pause pause;
  for (Range& range : ranges) {
    if (range.length.load(std::memory_order_relaxed) != 0 && range.log == log) Free(&range);
  }
}

}  // namespace mapdirect::trace::stepper
