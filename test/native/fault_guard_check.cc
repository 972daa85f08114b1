// Checks of the fault guard that JavaScript cannot do: the flags and masks of earlier handlers, and faults whose cause
// has changed before the handler asks for it. Arguments: the name of the check, and the folder of its files, if any.
// Prints "done", or the fault.

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "memory/fault_guard.h"
#include "memory/ranges.h"
#include "require.h"

using namespace mapdirect;

namespace {

// -- Handlers of other libraries.

std::vector<int> called;  // the numbers of the handlers, in order
sigset_t seen_mask;
bool chains = false;  // handlers call the one that they have replaced
int last = -1;        // this one does not
std::map<int, struct sigaction> replaced;

template <int kNumber>
void Handler(int signal, siginfo_t* info, void* context) {
  called.push_back(kNumber);
  ::sigprocmask(SIG_BLOCK, nullptr, &seen_mask);
  const auto before = replaced.find(kNumber);
  if (!chains || kNumber == last || before == replaced.end()) return;
  if ((before->second.sa_flags & SA_SIGINFO) != 0) before->second.sa_sigaction(signal, info, context);
}

void OldHandler(int) { called.push_back(-1); }

using Action = void (*)(int, siginfo_t*, void*);

// As a library does it: it keeps the handler that it has replaced, and forgets an older one.
void Set(int number, Action handler, int flags, const std::vector<int>& mask) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  for (const int signal : mask) ::sigaddset(&action.sa_mask, signal);
  Require(::sigaction(SIGBUS, &action, &replaced[number]) == 0, "sigaction");
}

template <int kNumber>
void InstallHandler(int flags = 0, const std::vector<int>& mask = {}) {
  Set(kNumber, Handler<kNumber>, flags, mask);
}

void InstallGuard() { Require(fault_guard::Install() == 0, "the guard cannot be installed"); }

bool GuardIsFirst() {
  struct sigaction before;
  struct sigaction now;
  ::sigaction(SIGBUS, nullptr, &before);
  static_cast<void>(fault_guard::Install());
  ::sigaction(SIGBUS, nullptr, &now);
  return before.sa_sigaction == now.sa_sigaction;
}

std::vector<int> Send() {
  called.clear();
  ::raise(SIGBUS);
  return called;
}

bool IsBlocked(int signal) { return ::sigismember(&seen_mask, signal) == 1; }

bool IsBlockedNow(int signal) {
  sigset_t now;
  ::sigprocmask(SIG_BLOCK, nullptr, &now);
  return ::sigismember(&now, signal) == 1;
}

// The signals of the mask of an earlier handler are blocked while it runs, and only then.
void Mask() {
  InstallHandler<1>(0, {SIGUSR1});
  InstallGuard();
  Require(Send() == std::vector<int>{1}, "the earlier handler was not called");
  Require(IsBlocked(SIGUSR1), "a signal of its mask was not blocked");
  Require(IsBlocked(SIGBUS), "SIGBUS was not blocked");
  Require(!IsBlocked(SIGUSR2), "a signal was blocked that is not in its mask");
  Require(!IsBlockedNow(SIGUSR1) && !IsBlockedNow(SIGBUS), "a signal stays blocked");
  InstallHandler<1>(0, {SIGUSR2});
  InstallGuard();
  Require(Send() == std::vector<int>{1}, "the handler with another mask was not called once");
  Require(IsBlocked(SIGUSR2) && !IsBlocked(SIGUSR1), "the newest mask does not count");
}

void NoDefer() {
  InstallHandler<1>(SA_NODEFER, {SIGUSR1});
  InstallGuard();
  Require(Send() == std::vector<int>{1}, "the earlier handler was not called");
  Require(!IsBlocked(SIGBUS) && IsBlocked(SIGUSR1), "SA_NODEFER was not kept");
  Require(!IsBlockedNow(SIGUSR1) && !IsBlockedNow(SIGBUS), "a signal stays blocked");
  InstallHandler<2>(SA_NODEFER, {SIGBUS});
  InstallGuard();
  Require(Send() == std::vector<int>{2} && IsBlocked(SIGBUS), "SIGBUS is in the mask, and was not blocked");
}

// SIGBUS within the handler of a SIGBUS: a handler that calls ours in turn gets to the end of the chain both times.
int depth = 0;
void Nested(int signal, siginfo_t* info, void* context) {
  called.push_back(9);
  if (++depth == 1) ::raise(SIGBUS);
  depth--;
  if ((replaced[9].sa_flags & SA_SIGINFO) != 0) replaced[9].sa_sigaction(signal, info, context);
}

void NestedSignals() {
  InstallHandler<1>();
  InstallGuard();
  Set(9, Nested, SA_NODEFER, {});
  InstallGuard();
  Require(Send() == std::vector<int>{9, 9, 1, 1}, "a signal within a signal took another way");
  Require(Send() == std::vector<int>{9, 9, 1, 1}, "the second signal took another way");
}

// The kernel calls such a handler once. A handler that is installed again is called again.
void ResetHand() {
  InstallHandler<1>(SA_RESETHAND);
  InstallGuard();
  Require(Send() == std::vector<int>{1}, "the earlier handler was not called");
  InstallHandler<1>(SA_RESETHAND);
  InstallGuard();
  Require(Send() == std::vector<int>{1}, "it was installed again, and was not called");
  std::puts("done");
  std::fflush(stdout);
  ::raise(SIGBUS);
  Require(false, "a handler with SA_RESETHAND was called twice");
}

bool IsRestarted() {
  struct sigaction now;
  ::sigaction(SIGBUS, nullptr, &now);
  return (now.sa_flags & SA_RESTART) != 0;
}

// A signal that was sent interrupts a system call as it would without the guard.
void Restart() {
  InstallGuard();
  Require(IsRestarted(), "the default action interrupts a system call");
  InstallHandler<1>();
  InstallGuard();
  Require(!IsRestarted(), "a handler without SA_RESTART does not interrupt");
  InstallHandler<2>(SA_RESTART);
  InstallGuard();
  Require(IsRestarted(), "a handler with SA_RESTART interrupts");
}

void WithoutInfo() {
  struct sigaction action = {};
  action.sa_handler = OldHandler;
  ::sigaddset(&action.sa_mask, SIGUSR1);
  ::sigaction(SIGBUS, &action, nullptr);
  InstallGuard();
  Require(Send() == std::vector<int>{-1}, "a handler without SA_SIGINFO was not called");
}

// The order is that of the last installations. None is lost because another one came back.
void Order() {
  chains = true;
  last = 1;
  InstallHandler<1>();
  InstallGuard();
  InstallHandler<2>();
  InstallGuard();
  InstallHandler<3>();
  InstallGuard();
  Require(Send() == std::vector<int>{3, 2, 1}, "not from the newest to the oldest");
  InstallHandler<2>();
  InstallGuard();
  Require(Send() == std::vector<int>{2, 3, 1}, "a handler that came back has put others out");
  for (int i = 0; i < 1000; i++) {
    InstallHandler<1>();
    InstallGuard();
    InstallHandler<2>();
    InstallGuard();
  }
  last = 3;
  Require(Send() == std::vector<int>{2, 1, 3}, "handlers that took turns have put others out");
}

template <int... kNumbers>
void InstallAll(std::integer_sequence<int, kNumbers...>) {
  ((InstallHandler<kNumbers>(), static_cast<void>(fault_guard::Install())), ...);
}

// More handlers than the guard can keep: it leaves the newest one in front, and forgets none of the others.
void TooMany() {
  chains = true;
  last = 0;
  InstallGuard();
  InstallAll(std::make_integer_sequence<int, 63>());  // and the default action before them
  Require(GuardIsFirst(), "the guard is not first");
  const std::vector<int> all = Send();
  Require(all.size() == 63 && all.front() == 62 && all.back() == 0, "a handler is missing");
  InstallHandler<99>();
  Require(fault_guard::Install() == -ENOSPC, "the handler too many was not refused");
  Require(GuardIsFirst(), "the handler too many was replaced");
  const std::vector<int> with = Send();
  Require(with.size() == 64 && with[0] == 99 && with[1] == 62 && with.back() == 0, "the chain has changed");
  InstallHandler<5>();
  InstallGuard();
  const std::vector<int> again = Send();
  Require(again.size() == 64 && again[0] == 5 && again[1] == 99 && again[2] == 62,
          "a handler that is known was refused");
}

// -- A cause that has changed before the handler asks for it.

constexpr std::size_t kPages = 4;

std::string folder;  // of the files; empty: they are in memory

int MakeFileIn(const std::string& path) {
  std::string name = path + "/mapdirect-fault-XXXXXX";
  const int fd = ::mkstemp(name.data());
  ::unlink(name.c_str());
  return fd;
}

int MakeFile(std::size_t length) {
  const int fd = folder.empty() ? static_cast<int>(::memfd_create("fault", MFD_CLOEXEC)) : MakeFileIn(folder);
  Require(fd >= 0 && ::ftruncate(fd, static_cast<off_t>(length)) == 0, "no file");
  return fd;
}

// A mapping of a file, by a descriptor of its own.
struct Mapped final {
  explicit Mapped(int file) : fd(::dup(file)) {
    struct stat facts;
    ::fstat(fd, &facts);
    const FileId id = {static_cast<double>(facts.st_dev), static_cast<double>(facts.st_ino)};
    base = static_cast<volatile char*>(::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    range = ranges::Add(const_cast<char*>(base), kPages * kPage, kPages * kPage, ranges::Source{fd, 0, id}, kOwner);
    Require(range != nullptr, "no slot");
  }
  ~Mapped() {
    static_cast<void>(ranges::Close(range));
    ::close(fd);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  int fd;
  volatile char* base;
  Range* range;
};

off_t BlocksOf(int fd) {
  struct stat facts;
  ::fstat(fd, &facts);
  return facts.st_blocks;
}

void RequireReason(const Mapped& mapped, FaultReason reason) {
  const auto fault = ranges::TakeFault(mapped.range);
  Require(fault.has_value(), "no fault was noted");
  Require(fault->reason == reason, "the fault has another reason");
}

// The descriptor was closed, and its number is that of another file. That file is neither asked nor changed.
void Stranger() {
  InstallGuard();
  const int file = MakeFile(kPages * kPage);
  const int stranger = MakeFile(kPages * kPage);
  const Mapped mapped(file);
  Require(::dup2(stranger, mapped.fd) == mapped.fd, "dup2");
  Require(::ftruncate(file, 0) == 0, "ftruncate");
  mapped.base[2 * kPage] = 1;
  Require(BlocksOf(stranger) == 0, "the guard has changed the file of a stranger");
  RequireReason(mapped, FaultReason::kIo);
  const volatile char zero = mapped.base[kPage];
  Require(zero == 0, "a lost page is not empty");
  RequireReason(mapped, FaultReason::kIo);
}

void Closed() {
  InstallGuard();
  const int file = MakeFile(kPages * kPage);
  const Mapped mapped(file);
  ::close(mapped.fd);
  Require(::ftruncate(file, 0) == 0, "ftruncate");
  mapped.base[2 * kPage] = 1;
  RequireReason(mapped, FaultReason::kIo);
}

// As the kernel reports a failed access. A process may send itself any si_code.
void Report(const Mapped& mapped, std::size_t page) {
  siginfo_t info = {};
  info.si_signo = SIGBUS;
  info.si_code = BUS_ADRERR;
  info.si_addr = const_cast<char*>(mapped.base + page * kPage);
  Require(::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ::gettid(), SIGBUS, &info) == 0, "no signal");
}

// An access failed, and the file is long again when the handler asks: nothing is lost.
void GrownBack() {
  InstallGuard();
  const int file = MakeFile(kPages * kPage);
  const Mapped mapped(file);
  for (int i = 0; i < 3; i++) {
    for (std::size_t page = 0; page < kPages; page++) {
      mapped.base[page * kPage] = 7;
      Report(mapped, page);
      Require(mapped.base[page * kPage] == 7, "a page was lost that the file has");
    }
    ::usleep(2000);  // longer than a row of tries
  }
  Require(!ranges::TakeFault(mapped.range), "a fault was noted for a page that the file has");
}

// An access that fails again and again without a cause does not keep the thread for ever.
void Endless() {
  InstallGuard();
  const int file = MakeFile(kPages * kPage);
  const Mapped mapped(file);
  for (int i = 0; i < 1'000'000; i++) {
    Report(mapped, 1);
    if (ranges::TakeFault(mapped.range)) return;
  }
  Require(false, "the access is tried again for ever");
}

// Another process makes the file shorter and longer all the time. Each lost page is truncated, and none is `io`.
void Changing() {
  InstallGuard();
  const int file = MakeFile(kPages * kPage);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    for (bool is_long = false; !stop; is_long = !is_long) {
      Require(::ftruncate(file, is_long ? kPages * kPage : 0) == 0, "ftruncate");
      ::usleep(20);
    }
  });
  int lost = 0;
  for (int i = 0; lost < 2000 && i < 1'000'000; i++) {
    const Mapped mapped(file);
    const volatile char byte = mapped.base[(i % kPages) * kPage];
    static_cast<void>(byte);
    const auto fault = ranges::TakeFault(mapped.range);
    if (!fault) continue;
    lost++;
    Require(fault->reason == FaultReason::kTruncated, "a fault has another reason");
  }
  stop = true;
  other.join();
  Require(lost > 0, "there was no fault");
}

}  // namespace

int main(int, char** arguments) {
  const std::map<std::string, void (*)()> checks = {
      {"mask", Mask},         {"nodefer", NoDefer},    {"nested", NestedSignals}, {"resethand", ResetHand},
      {"restart", Restart},   {"noinfo", WithoutInfo}, {"order", Order},          {"many", TooMany},
      {"stranger", Stranger}, {"closed", Closed},      {"grown", GrownBack},      {"endless", Endless},
      {"changing", Changing},
  };
  const auto check = checks.find(arguments[1]);
  Require(check != checks.end(), "no such check");
  folder = arguments[2] == nullptr ? "" : arguments[2];
  check->second();
  std::puts("done");
}
