#include "memory/fault_guard.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

#include "memory/earlier_handlers.h"
#include "memory/fault_log.h"
#include "memory/fault_reason.h"
#include "memory/page_size.h"
#include "memory/placeholder.h"
#include "memory/ranges.h"
#include "memory/tick.h"

namespace mapdirect::fault_guard {
namespace {

void OnSignal(int signal, siginfo_t* info, void* context);

std::atomic<int> announce_to{-1};

// An access whose cause is gone is tried again. A file that changes all the time may take several tries; more of them
// in a row are an access that fails for a cause that the guard does not see.
constexpr std::uint32_t kTries = 16;
constexpr std::int64_t kRowNanoseconds = 1'000'000;
struct Tried final {
  std::atomic<std::uintptr_t> place{0};  // a page and a thread
  std::atomic<std::int64_t> last{0};
  std::atomic<std::uint32_t> times{0};
};
constexpr std::size_t kTried = 256;
Tried tried[kTried];

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
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

std::int64_t Now() {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

bool MayTryAgain(std::uintptr_t address) {
  const auto thread = static_cast<std::uintptr_t>(::syscall(SYS_gettid));
  const std::uintptr_t place = address / PageSize() ^ thread << 40;
  Tried& entry = tried[(address / PageSize() + thread) % kTried];
  const std::int64_t now = Now();
  const bool is_same = entry.place.exchange(place, std::memory_order_relaxed) == place;
  const bool is_row = is_same && now - entry.last.load(std::memory_order_relaxed) < kRowNanoseconds;
  const std::uint32_t times = is_row ? entry.times.load(std::memory_order_relaxed) + 1 : 1;
  entry.last.store(now, std::memory_order_relaxed);
  entry.times.store(times, std::memory_order_relaxed);
  return times <= kTries;
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
  if (!fault && MayTryAgain(address)) return true;
  if (!Replace(*range, fault ? *fault : fault_reason::Unexplained(*range, address, context))) return false;
  Announce();
  return true;
}

// A signal that was sent interrupts a system call, or not, as the handler wants it that will get the signal.
int RestartFlag(const struct sigaction& earlier) {
  const bool is_function =
      (earlier.sa_flags & SA_SIGINFO) != 0 || (earlier.sa_handler != SIG_DFL && earlier.sa_handler != SIG_IGN);
  return is_function ? earlier.sa_flags & SA_RESTART : SA_RESTART;
}

void OnSignal(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  if (!Heal(*info, context)) earlier_handlers::PassOn(signal, info, context);
  errno = saved;
}

}  // namespace

bool MayBeSecond() {
  static Tick last;
  return last.IsNew();
}

int Install() {
  static std::mutex lock;
  struct sigaction now;
  if (::sigaction(SIGBUS, nullptr, &now) != 0) return -errno;
  if (IsOurs(now)) return 0;
  const std::lock_guard<std::mutex> guard(lock);
  static_cast<void>(PageSize());
  if (::sigaction(SIGBUS, nullptr, &now) != 0) return -errno;
  if (IsOurs(now)) return 0;
  const int refused = earlier_handlers::PutFirst(now);  // before our handler can need it
  if (refused != 0) return refused;
  struct sigaction ours = {};
  ours.sa_sigaction = OnSignal;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | RestartFlag(now);
  return ::sigaction(SIGBUS, &ours, nullptr) == 0 ? 0 : -errno;
}

void AnnounceTo(int fd) { announce_to.store(fd, std::memory_order_release); }

}  // namespace mapdirect::fault_guard
