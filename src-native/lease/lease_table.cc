#include "lease/lease_table.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "file/lock.h"
#include "lease/lease_state.h"
#include "lease/lease_syscalls.h"
#include "registration/fence.h"
#include "thread/thread.h"

namespace mapdirect::lease_table {
namespace {

using lease_state::Clock;
using lease_state::Key;
using lease_state::kNever;
using lease_state::Lease;
using lease_state::State;
using std::chrono::milliseconds;

constexpr milliseconds kRetry{100};  // after a provider has not confirmed
constexpr std::int64_t kTaken = 1;   // the detail of kUnfenced: the kernel has taken the lease

// Never destroyed: the event thread may outlive static destruction at exit.
struct Table final {
  std::mutex lock;
  std::unordered_map<Id, Lease> leases;
  std::unordered_map<int, Id> by_descriptor;
  std::map<Key, Id> by_inode;
  std::vector<Id> pending;  // leases that are not kHeld; used by the event thread only, without the lock
  Id next{1};
};

Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

std::atomic<std::uint32_t> count{0};

// All functions up to the end of the namespace need the lock.

Lease* At(Table& table, Id id) {
  const auto found = table.leases.find(id);
  return found == table.leases.end() ? nullptr : &found->second;
}

// The lease with this id, or nullptr if it has ended or is ending.
Lease* LiveAt(Table& table, Id id) {
  Lease* const lease = At(table, id);
  return lease == nullptr || lease->state == State::kEnding ? nullptr : lease;
}

Lease* Of(Table& table, int fd) {
  const auto found = table.by_descriptor.find(fd);
  return found == table.by_descriptor.end() ? nullptr : At(table, found->second);
}

// Returns the result of lease_syscalls::Drop().
int DropLocked(Table& table, const Lease& lease) {
  const int dropped = lease_syscalls::Drop(lease.fd);
  table.by_descriptor.erase(lease.fd);
  table.by_inode.erase(lease.inode);
  table.leases.erase(lease.id);
  count.fetch_sub(1, std::memory_order_relaxed);
  return dropped;
}

void SignalLocked(Table& table, Lease* lease) {
  if (lease_state::OnBreakSignal(lease)) table.pending.push_back(lease->id);
}

// Tells the owner once that a provider has not confirmed, and once that the kernel has taken the lease: it lets the
// opener in at its lease-break-time, whatever we do.
void TellOfUnfenced(Lease* lease, int revoked) {
  if (!lease->unfenced_told) Notify(*lease, NoticeKind::kUnfenced, revoked);
  lease->unfenced_told = true;
  if (lease->taken_told || lease_syscalls::Ask(lease->fd) != lease_syscalls::Status::kNone) return;
  Notify(*lease, NoticeKind::kUnfenced, kTaken);
  lease->taken_told = true;
}

// Fences the ranges of a lease in kEnding and ends it. The order counts: an opener that gets in finds no registration,
// no page of ours and no seal, even if the owner's thread is blocked, and the notice is sent before it gets in. The
// lock is released meanwhile. Returns false if a provider has not confirmed: then the locks and the lease stay.
bool FenceAndEnd(Table& table, Id id, std::unique_lock<std::mutex>& guard) {
  Lease* lease = At(table, id);
  if (lease == nullptr) return true;  // the owner's environment has ended meanwhile
  const ledger::Tenants covered = lease->to_fence;
  const ledger::Tenants kept = lease->to_revoke;
  guard.unlock();
  const fence::Outcome fenced = fence::Run(covered, kept);
  guard.lock();
  lease = At(table, id);
  if (lease == nullptr) return true;
  if (fenced.revoked != 0) {
    TellOfUnfenced(lease, fenced.revoked);
    return false;
  }
  if (lease->locks_end) DropSealLocks(lease->fd);
  Notify(*lease, NoticeKind::kGone, fenced.covered);
  DropLocked(table, *lease);
  return true;
}

// Ends one lease on a thread of its own. A provider may take long, and other leases must not wait for it. It tries
// until the provider confirms, or until the environment of the lease has ended.
void* EndElsewhere(void* data) {
  const std::unique_ptr<const Id> id(static_cast<const Id*>(data));
  Table& table = TheTable();
  std::unique_lock<std::mutex> guard(table.lock);
  while (!FenceAndEnd(table, *id, guard)) {
    guard.unlock();
    std::this_thread::sleep_for(kRetry);
    guard.lock();
  }
  return nullptr;
}

// Ends the lease without its owner.
void EndAtDeadline(Table& table, Lease* lease, std::unique_lock<std::mutex>& guard) {
  lease->state = State::kEnding;
  const Id id = lease->id;
  if (ledger::CountOf(lease->to_fence) + ledger::CountOf(lease->to_revoke) > 0) {
    auto copy = std::make_unique<const Id>(id);
    if (StartThread("mapdirect-fence", EndElsewhere, const_cast<Id*>(copy.get()))) {
      static_cast<void>(copy.release());
      return;
    }
  }
  static_cast<void>(FenceAndEnd(table, id, guard));
}

// Returns the time of the next step; kNever: the lease is held or has ended.
Clock::time_point Run(Id id) {
  Table& table = TheTable();
  std::unique_lock<std::mutex> guard(table.lock);
  Lease* const lease = At(table, id);
  if (lease == nullptr) return kNever;
  const Clock::time_point now = Clock::now();
  const Clock::time_point due = lease_state::Advance(lease, now);
  if (due > now) return due;
  EndAtDeadline(table, lease, guard);
  return kNever;
}

}  // namespace

Id Take(int fd, Inode inode, milliseconds grace, const Environment* owner, std::shared_ptr<Listener> listener) {
  Table& table = TheTable();
  const Key key{inode.device, inode.number};
  const std::lock_guard<std::mutex> guard(table.lock);
  // The kernel would grant the same lease again to a duplicate of a leased descriptor.
  if (table.by_inode.count(key) != 0 || table.by_descriptor.count(fd) != 0) return -EAGAIN;
  const int taken = lease_syscalls::Take(fd);
  if (taken != 0) return taken;
  const Id id = table.next++;
  table.leases.emplace(id, Lease{id, fd, key, grace, owner, std::move(listener)});
  table.by_descriptor.emplace(fd, id);
  table.by_inode.emplace(key, id);
  count.fetch_add(1, std::memory_order_relaxed);
  return id;
}

int Release(Id id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const Lease* const lease = LiveAt(table, id);
  return lease != nullptr && DropLocked(table, *lease) == 0 ? 0 : -ENOENT;
}

bool IsHeld(Id id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const Lease* const lease = At(table, id);
  return lease != nullptr && lease->state == State::kHeld &&
         lease_syscalls::Ask(lease->fd) == lease_syscalls::Status::kIntact;
}

int AddRange(Id id, std::uint32_t index, std::uint64_t serial) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = LiveAt(table, id);
  if (lease == nullptr) return -ENOENT;
  lease->to_fence[index] = serial;
  return 0;
}

int RemoveRange(Id id, std::uint32_t index) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = LiveAt(table, id);
  if (lease == nullptr) return -ENOENT;
  lease->to_fence.erase(index);
  return 0;
}

int RevokeRange(Id id, std::uint32_t index, std::uint64_t serial) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = LiveAt(table, id);
  if (lease == nullptr) return -ENOENT;
  lease->to_revoke[index] = serial;
  return 0;
}

int SetLocksEnd(Id id, bool locks_end) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = LiveAt(table, id);
  if (lease == nullptr) return -ENOENT;
  lease->locks_end = locks_end;
  return 0;
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

void DisownAllOf(const Environment* owner) {
  if (Count() == 0) return;
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto& entry : table.leases) {
    if (entry.second.owner == owner) entry.second.owner = nullptr;
  }
}

void BreakRequested(int fd) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  Lease* const lease = Of(table, fd);
  if (lease != nullptr) SignalLocked(table, lease);
}

void RecheckAll() {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto& entry : table.leases) SignalLocked(table, &entry.second);
}

int RunDue() {
  Clock::time_point next = kNever;
  std::vector<Id> pending;
  Table& table = TheTable();
  for (const Id id : table.pending) {
    const Clock::time_point due = Run(id);
    if (due == kNever) continue;
    pending.push_back(id);
    next = std::min(next, due);
  }
  table.pending.swap(pending);
  if (next == kNever) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace mapdirect::lease_table
