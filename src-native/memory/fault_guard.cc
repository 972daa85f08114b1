#include "memory/fault_guard.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

#include "memory/fault_log.h"
#include "memory/fault_reason.h"
#include "memory/page_size.h"
#include "memory/placeholder.h"
#include "memory/ranges.h"

namespace mapdirect::fault_guard {
namespace {

void OnSignal(int signal, siginfo_t* info, void* context);

// A handler that another part of the process has installed.
struct Earlier final {
  struct sigaction action;
  int below;  // the handler that was first when this one was seen first; -1: none
};

// Entries are never changed. Only Install() adds some, under its lock.
constexpr int kEarlier = 64;
Earlier earlier[kEarlier];
int earlier_count = 0;
std::atomic<int> first{-1};  // the entry that gets the signals that are not ours

std::atomic<int> announce_to{-1};

// The pages of the last faults whose cause was gone. Such an access is tried again, once.
constexpr std::size_t kTried = 256;
std::atomic<std::uintptr_t> tried[kTried];

// The threads that run an earlier handler, which may call ours again (it chains to the handler that it has replaced).
struct Passing final {
  std::atomic<pid_t> thread{0};
  std::atomic<const siginfo_t*> info{nullptr};
  std::atomic<std::uintptr_t> frame{0};
  std::atomic<int> entry{-1};  // that runs; -1: none
};
constexpr int kPassing = 64;
Passing passing[kPassing];

pid_t ThreadId() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

bool AreEqual(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_handler == b.sa_handler && (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO);
}

// Needs the lock of Install(). When there is no room, the newest handler takes the last place.
void PutFirst(const struct sigaction& action) {
  const int before = first.load(std::memory_order_relaxed);
  for (int i = 0; i < earlier_count; i++) {
    if (AreEqual(earlier[i].action, action)) {
      first.store(i, std::memory_order_release);
      return;
    }
  }
  const int index = std::min(earlier_count, kEarlier - 1);
  if (index == before) return;
  earlier[index] = {action, before};
  earlier_count = index + 1;
  first.store(index, std::memory_order_release);
}

// Returns false if all of the range must count as lost, because the log is full of faults that nobody has taken.
bool Note(const ranges::Found& range, const Fault& fault) {
  if (fault_log::Add(fault)) return true;
  ranges::LoseAll(range, fault.reason);
  fault_log::count.fetch_add(1, std::memory_order_release);
  return false;
}

// Notes the fault before and after. Before: another thread may store into the new pages and flush at once. After:
// another thread may have taken the fault and mapped the file again before the new pages came.
bool Cover(const ranges::Found& range, const Fault& fault) {
  const bool noted = Note(range, fault);
  const std::size_t offset = noted ? fault.offset : 0;
  const std::size_t length = noted ? fault.length : range.length;
  const bool covered = placeholder::Cover(range.base + offset, length) == 0;
  static_cast<void>(Note(range, fault));
  return covered;
}

// Puts anonymous pages over the fault. If that fails (vm.max_map_count is near), one area over the whole range
// replaces several.
bool Replace(const ranges::Found& range, const Fault& fault) {
  return Cover(range, fault) || Cover(range, {fault.serial, 0, range.length, fault.reason});
}

bool WasTried(std::uintptr_t address) {
  const std::uintptr_t page = address / PageSize();
  return tried[page % kTried].exchange(page, std::memory_order_relaxed) == page;
}

void Announce() {
  const int fd = announce_to.load(std::memory_order_acquire);
  const std::uint64_t one = 1;
  if (fd >= 0 && ::write(fd, &one, sizeof(one)) < 0) return;  // EAGAIN: the reader has not read the last one
}

// Returns false if the signal is not about a guarded range.
bool Heal(const siginfo_t& info, const void* context) {
  if (info.si_code <= 0 || info.si_code == BUS_ADRALN) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const std::optional<ranges::Found> range = ranges::Find(address);
  // The range was covered after the access had failed: by now the access succeeds.
  if (!range) return info.si_code == BUS_ADRERR && ranges::IsReserved(address);
  if (!range->guarded) return false;
  const std::optional<Fault> fault = fault_reason::Diagnose(*range, address, info, context);
  if (!fault && !WasTried(address)) return true;
  if (!Replace(*range, fault ? *fault : fault_reason::Unexplained(*range, address))) return false;
  Announce();
  return true;
}

// The default effect: the process ends by SIGBUS, with a core dump. The access runs again and faults again; a signal
// that was sent must be sent again.
void End(siginfo_t* info) {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGBUS, &standard, nullptr);
  if (info->si_code <= 0) ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ThreadId(), SIGBUS, info);
}

// The place of this thread in `passing`. A handler that calls ours gives us the signal that it got, and is still on the
// stack, above our frame. A handler that was left by longjmp(3) is not.
Passing* PlaceOf(pid_t thread, const siginfo_t* info, std::uintptr_t frame) {
  for (Passing& place : passing) {
    if (place.thread.load(std::memory_order_relaxed) != thread) continue;
    const bool is_nested =
        place.info.load(std::memory_order_relaxed) == info && frame < place.frame.load(std::memory_order_relaxed);
    if (!is_nested) place.entry.store(-1, std::memory_order_relaxed);
    return &place;
  }
  for (Passing& place : passing) {
    pid_t none = 0;
    if (!place.thread.compare_exchange_strong(none, thread, std::memory_order_acquire)) continue;
    place.entry.store(-1, std::memory_order_relaxed);
    return &place;
  }
  return nullptr;
}

void Call(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && info->si_code > 0)) {
    End(info);  // the kernel ignores no fault
  } else if (action.sa_handler != SIG_IGN) {
    action.sa_handler(signal);
  }
}

void PassOn(int signal, siginfo_t* info, void* context) {
  const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  Passing* const place = PlaceOf(ThreadId(), info, frame);
  const int calling = place == nullptr ? -1 : place->entry.load(std::memory_order_relaxed);
  const int entry = calling < 0 ? first.load(std::memory_order_acquire) : earlier[calling].below;
  if (entry < 0) return End(info);
  if (place == nullptr) return Call(earlier[entry].action, signal, info, context);
  const std::uintptr_t frame_before = place->frame.exchange(frame, std::memory_order_relaxed);
  place->info.store(info, std::memory_order_relaxed);
  place->entry.store(entry, std::memory_order_relaxed);
  Call(earlier[entry].action, signal, info, context);
  place->frame.store(frame_before, std::memory_order_relaxed);
  place->entry.store(calling, std::memory_order_relaxed);
  if (calling < 0) place->thread.store(0, std::memory_order_release);
}

void OnSignal(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  if (!Heal(*info, context)) PassOn(signal, info, context);
  errno = saved;
}

}  // namespace

int Install() {
  static std::mutex lock;
  struct sigaction now;
  if (::sigaction(SIGBUS, nullptr, &now) != 0) return -errno;
  if (IsOurs(now)) return 0;
  const std::lock_guard<std::mutex> guard(lock);
  static_cast<void>(PageSize());
  struct sigaction ours = {};
  ours.sa_sigaction = OnSignal;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  if (::sigaction(SIGBUS, nullptr, &now) != 0) return -errno;
  if (IsOurs(now)) return 0;
  PutFirst(now);  // before our handler can need it
  return ::sigaction(SIGBUS, &ours, nullptr) == 0 ? 0 : -errno;
}

void AnnounceTo(int fd) { announce_to.store(fd, std::memory_order_release); }

}  // namespace mapdirect::fault_guard
