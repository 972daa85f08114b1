#include "lease/lease_table.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "file/lock.h"
#include "lease/lease_syscalls.h"
#include "memory/ranges.h"

namespace mapdirect::lease_table {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// An opener with O_NONBLOCK is counted until his open(2) has failed: so long, in small steps, he may take.
constexpr milliseconds kDoubt{8};
constexpr milliseconds kStep{1};
// So often it is looked whether he who waits has given up, which nothing tells.
constexpr milliseconds kLook{100};
constexpr Clock::time_point kNever = Clock::time_point::max();

enum class State { kHeld, kUnconfirmed, kBreaking, kLettingGo };

using Key = std::pair<std::int64_t, std::int64_t>;
using Ranges = std::unordered_map<std::uint32_t, std::uint64_t>;  // slot to serial: the last tenant counts

struct Lease final {
  Id id;
  int fd;
  Key inode;
  milliseconds grace;
  milliseconds limit;  // lease_syscalls::BreakTime()
  const Environment* owner;
  std::shared_ptr<Listener> listener;
  State state{State::kHeld};
  Clock::time_point rung{};
  Clock::time_point due{};
  Ranges ranges{};
  bool yields{false};  // with it go the locks of its description
};

// Never destroyed: the bell thread may outlive static destruction at exit.
struct Table final {
  std::mutex lock;
  std::unordered_map<Id, Lease> leases;
  std::unordered_map<int, Id> by_descriptor;
  std::map<Key, Id> by_inode;
  std::vector<Id> rung;  // those that are not kHeld; the bell thread's own, without the lock
  Id next{1};
};

Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

std::atomic<std::uint32_t> count{0};

// All below, up to the end of the namespace: called with the lock held.

Lease* At(Table& table, Id id) {
  const auto found = table.leases.find(id);
  return found == table.leases.end() ? nullptr : &found->second;
}

Lease* Of(Table& table, int fd) {
  const auto found = table.by_descriptor.find(fd);
  return found == table.by_descriptor.end() ? nullptr : At(table, found->second);
}

// What lease_syscalls::Drop() says.
int DropLocked(Table& table, const Lease& lease) {
  const int dropped = lease_syscalls::Drop(lease.fd);
  table.by_descriptor.erase(lease.fd);
  table.by_inode.erase(lease.inode);
  table.leases.erase(lease.id);
  count.fetch_sub(1, std::memory_order_relaxed);
  return dropped;
}

void Tell(Listener& listener, Kind kind, Id id, std::int64_t detail) {
  listener.Tell(std::unique_ptr<Notice>(new Notice{kind, id, detail, nullptr}));
}

void LetGoFrom(Lease& lease, Clock::time_point now) {
  lease.state = State::kLettingGo;
  lease.due = now;
}

void BreakRequestedLocked(Table& table, Lease& lease) {
  if (lease.state != State::kHeld) return;
  const lease_syscalls::Status status = lease_syscalls::Ask(lease.fd);
  if (status == lease_syscalls::Status::kIntact) return;  // an old signal
  lease.rung = Clock::now();
  lease.state = State::kUnconfirmed;
  lease.due = lease.rung;
  if (status == lease_syscalls::Status::kNone) LetGoFrom(lease, lease.rung);
  table.rung.push_back(lease.id);
}

// Whether somebody waits. If not, it is whole again, or is let go when it cannot be had anew.
bool IsStillWanted(Lease& lease, Clock::time_point now) {
  if (lease_syscalls::Ask(lease.fd) ==
      lease_syscalls::Status::kNone) {  // this process was stopped, and the kernel did not wait
    LetGoFrom(lease, now);
    return false;
  }
  if (lease_syscalls::IsWaitedFor(lease.fd)) return true;
  // There is no way to be asked again but to let go and take it anew. Whoever opens the file between the two is in.
  lease_syscalls::Drop(lease.fd);
  lease.state = State::kHeld;
  if (lease_syscalls::Take(lease.fd) != 0) LetGoFrom(lease, now);
  return false;
}

void Recheck(Lease& lease, Clock::time_point now) {
  const bool told = lease.state == State::kBreaking;
  if (!IsStillWanted(lease, now)) {
    if (told && lease.state == State::kHeld) Tell(*lease.listener, Kind::kIntact, lease.id, 0);
  } else if (!told && now - lease.rung < kDoubt) {
    lease.due = now + kStep;
  } else if (!told) {
    lease.state = State::kBreaking;
    lease.due = lease.rung + lease_syscalls::Patience(lease.grace, lease.limit);
    const auto left = std::chrono::duration_cast<milliseconds>(lease.due - now);
    Tell(*lease.listener, Kind::kBreak, lease.id, std::max<std::int64_t>(left.count(), 0));
  }
}

// The lock is released meanwhile. 0, or a negative errno of a range that could not be covered.
int CoverAll(const Ranges& ranges, std::unique_lock<std::mutex>& guard) {
  guard.unlock();
  int result = 0;
  for (const auto& [index, serial] : ranges) {
    const int covered = ranges::FenceTenant(index, serial);
    if (covered != 0) result = covered;
  }
  guard.lock();
  return result;
}

// When it is due again; kNever: it is whole, or gone.
Clock::time_point RunDueOf(Id id) {
  Table& table = TheTable();
  std::unique_lock<std::mutex> guard(table.lock);
  Lease* lease = At(table, id);
  if (lease == nullptr) return kNever;
  const Clock::time_point now = Clock::now();
  if (lease->state != State::kLettingGo) Recheck(*lease, now);
  if (lease->state == State::kHeld) return kNever;
  if (lease->due > now) return lease->state == State::kBreaking ? std::min(lease->due, now + kLook) : lease->due;

  lease->state = State::kLettingGo;
  const int covered = CoverAll(Ranges(lease->ranges), guard);
  lease = At(table, id);
  if (lease == nullptr) return kNever;  // its environment has ended
  // Whoever is let in finds the file unsealed, even if the owner's thread is blocked, and is in after the notice.
  if (lease->yields) DropLocks(lease->fd);
  Tell(*lease->listener, Kind::kGone, id, covered);
  DropLocked(table, *lease);
  return kNever;
}

}  // namespace

Id Take(int fd, Inode inode, milliseconds grace, const Environment* owner, std::shared_ptr<Listener> listener) {
  Table& table = TheTable();
  const Key key{inode.device, inode.number};
  const milliseconds limit = lease_syscalls::BreakTime();
  const std::lock_guard<std::mutex> guard(table.lock);
  // A duplicate of a leased descriptor would be granted the very same lease.
  if (table.by_inode.count(key) != 0 || table.by_descriptor.count(fd) != 0) return -EAGAIN;
  const int taken = lease_syscalls::Take(fd);
  if (taken != 0) return taken;
  const Id id = table.next++;
  table.leases.emplace(id, Lease{id, fd, key, grace, limit, owner, std::move(listener)});
  table.by_descriptor.emplace(fd, id);
  table.by_inode.emplace(key, id);
  count.fetch_add(1, std::memory_order_relaxed);
  return id;
}

int Release(Id id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const Lease* const lease = At(table, id);
  if (lease == nullptr || lease->state == State::kLettingGo) return -ENOENT;
  return DropLocked(table, *lease) == 0 ? 0 : -ENOENT;
}

bool IsHeld(Id id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const Lease* const lease = At(table, id);
  return lease != nullptr && lease->state == State::kHeld &&
         lease_syscalls::Ask(lease->fd) == lease_syscalls::Status::kIntact;
}

namespace {

// Runs `change` on a lease that is not being let go. 0 or -ENOENT.
template <typename Change>
int With(Id id, Change change) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = At(table, id);
  if (lease == nullptr || lease->state == State::kLettingGo) return -ENOENT;
  change(*lease);
  return 0;
}

}  // namespace

int AddRange(Id id, std::uint32_t index, std::uint64_t serial) {
  return With(id, [=](Lease& lease) { lease.ranges[index] = serial; });
}

int RemoveRange(Id id, std::uint32_t index) {
  return With(id, [=](Lease& lease) { lease.ranges.erase(index); });
}

int SetYields(Id id, bool yields) {
  return With(id, [=](Lease& lease) { lease.yields = yields; });
}

Id Find(Inode inode) {
  if (Count() == 0) return 0;
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.by_inode.find({inode.device, inode.number});
  return found == table.by_inode.end() ? 0 : found->second;
}

std::uint32_t Count() { return count.load(std::memory_order_relaxed); }

void ForgetDescriptor(int fd) {
  if (Count() == 0) return;
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const Lease* const lease = Of(table, fd);
  if (lease != nullptr) DropLocked(table, *lease);
}

void DropAllOf(const Environment* owner) {
  if (Count() == 0) return;
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto each = table.leases.begin(); each != table.leases.end();) {
    const Lease& lease = (each++)->second;
    if (lease.owner == owner) DropLocked(table, lease);
  }
}

void BreakRequested(int fd) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = Of(table, fd);
  if (lease != nullptr) BreakRequestedLocked(table, *lease);
}

void RecheckAll() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto& entry : table.leases) BreakRequestedLocked(table, entry.second);
}

int RunDue() {
  Clock::time_point next = kNever;
  std::vector<Id> waiting;
  Table& table = TheTable();
  for (const Id id : table.rung) {
    const Clock::time_point due = RunDueOf(id);
    if (due == kNever) continue;
    waiting.push_back(id);
    next = std::min(next, due);
  }
  table.rung.swap(waiting);
  if (next == kNever) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace mapdirect::lease_table
