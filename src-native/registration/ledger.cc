#include "registration/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace mapdirect::ledger {
namespace {

struct Entry final {
  Id id;
  Range* range;
  std::uint64_t serial;
  Span span;
  const Environment* owner;
  std::shared_ptr<Listener> listener;
  std::unique_ptr<Registered> registered;  // used without the lock by the one thread that has set in_call
  int kept_fd{-1};                         // likewise
  State state{State::kLive};
  bool in_call{false};  // a function of the provider runs
  bool is_told{false};  // the owner knows that the end is not confirmed
};

using Guard = std::unique_lock<std::mutex>;

// Never destroyed: a thread that ends a lease may outlive static destruction at exit.
struct Ledger final {
  std::mutex lock;
  std::condition_variable returned;  // a function of a provider
  std::map<Id, Entry> entries;
  Tenants barred;  // from new registrations
  Id next{1};
};

Ledger& TheLedger() {
  static auto* const ledger = new Ledger;
  return *ledger;
}

std::atomic<std::uint32_t> unconfirmed{0};

// All functions up to the end of the namespace need the lock.

Entry* At(Ledger& ledger, Id id) {
  const auto found = ledger.entries.find(id);
  return found == ledger.entries.end() ? nullptr : &found->second;
}

bool IsAmong(const Tenants& tenants, std::uint32_t index, std::uint64_t serial) {
  const auto found = tenants.find(index);
  return found != tenants.end() && found->second == serial;
}

// Returns the entry for a call of its provider, after the call of another thread; nullptr if its end is confirmed.
Entry* Claim(Ledger& ledger, Id id, Guard& guard) {
  for (;;) {
    Entry* const entry = At(ledger, id);
    if (entry == nullptr || entry->state == State::kRevoked) return nullptr;
    if (!entry->in_call) {
      entry->in_call = true;
      return entry;
    }
    ledger.returned.wait(guard);
  }
}

void Unclaim(Ledger& ledger, Entry* entry) {
  entry->in_call = false;
  ledger.returned.notify_all();
}

// The provider has confirmed the end of a claimed entry. Without the lock.
void LetGo(Entry* entry) {
  entry->registered.reset();
  if (entry->kept_fd >= 0) ::close(std::exchange(entry->kept_fd, -1));
  ranges::DropUser(entry->range);
}

// Returns the result of the provider for a claimed entry. The lock is released meanwhile.
int CallRevoke(Entry* entry, Guard& guard) {
  guard.unlock();
  const int revoked = entry->registered->Revoke();
  if (revoked == 0) LetGo(entry);
  guard.lock();
  if (revoked == 0) unconfirmed.fetch_sub(1, std::memory_order_relaxed);
  return revoked;
}

void CutOff(Ledger& ledger, Id id, Guard& guard) {
  Entry* const entry = Claim(ledger, id, guard);
  if (entry == nullptr) return;
  guard.unlock();
  entry->registered->CutOff();
  guard.lock();
  Unclaim(ledger, entry);
}

// Tells the owner of the end, or once that it is not confirmed.
void Tell(Entry* entry, int revoked) {
  if (entry->listener == nullptr || (revoked != 0 && entry->is_told)) return;
  entry->is_told = revoked != 0;
  entry->listener->Notify(
      std::unique_ptr<Notice>(new Notice{NoticeKind::kRevoked, entry->id, revoked, /*mask=*/nullptr}));
}

int RevokeOne(Ledger& ledger, Id id, Guard& guard) {
  Entry* const entry = Claim(ledger, id, guard);
  if (entry == nullptr) return 0;
  const int revoked = CallRevoke(entry, guard);
  entry->state = revoked == 0 ? State::kRevoked : State::kUnfenced;
  Tell(entry, revoked);
  Unclaim(ledger, entry);
  return revoked;
}

// The order counts: every registration is invalid before the first one is cut off, and all are cut off before the
// first call that may take long.
template <typename Predicate>
int RevokeEach(Ledger& ledger, Guard& guard, Predicate is_meant) {
  std::vector<Id> ids;
  for (auto& [id, entry] : ledger.entries) {
    if (entry.state == State::kRevoked || !is_meant(entry)) continue;
    entry.state = State::kRevoking;
    ids.push_back(id);
  }
  for (const Id id : ids) CutOff(ledger, id, guard);
  int result = 0;
  for (const Id id : ids) {
    const int revoked = RevokeOne(ledger, id, guard);
    if (revoked != 0) result = revoked;
  }
  return result;
}

}  // namespace

Id Add(Range* range, Span span, const Environment* owner, std::shared_ptr<Listener> listener,
       std::unique_ptr<Registered> registered) {
  Ledger& ledger = TheLedger();
  const Guard guard(ledger.lock);
  const std::uint64_t serial = range->serial.load(std::memory_order_acquire);
  if (range->fenced.load() || IsAmong(ledger.barred, range->index, serial)) return -ECANCELED;
  ranges::AddUser(range);
  const Id id = ledger.next++;
  ledger.entries.emplace(id, Entry{id, range, serial, span, owner, std::move(listener), std::move(registered)});
  unconfirmed.fetch_add(1, std::memory_order_relaxed);
  return id;
}

int KeepAbove(Id id, int provider_fd, int lock_fd) {
  const int kept = ::fcntl(provider_fd, F_DUPFD_CLOEXEC, lock_fd + 1);
  if (kept < 0) return -errno;
  Ledger& ledger = TheLedger();
  Guard guard(ledger.lock);
  Entry* const entry = Claim(ledger, id, guard);
  const int before = entry == nullptr ? kept : std::exchange(entry->kept_fd, kept);
  if (entry != nullptr) Unclaim(ledger, entry);
  if (before >= 0) ::close(before);
  return entry == nullptr ? -ENOENT : 0;
}

int Deregister(Id id) {
  Ledger& ledger = TheLedger();
  Guard guard(ledger.lock);
  Entry* const entry = At(ledger, id);
  if (entry == nullptr) return -ENOENT;
  if (entry->in_call || entry->state == State::kRevoking) return -EBUSY;
  const State before = entry->state;
  if (before != State::kRevoked) {
    entry->in_call = true;
    const int revoked = CallRevoke(entry, guard);
    if (revoked != 0) {
      const bool is_fencing = entry->state == State::kRevoking;  // another thread waits to try it again
      if (!is_fencing && revoked != -EBUSY) entry->state = State::kUnfenced;
      Unclaim(ledger, entry);
      return revoked;
    }
  }
  ledger.entries.erase(id);
  ledger.returned.notify_all();
  return 0;
}

void Bar(const Tenants& tenants) {
  Ledger& ledger = TheLedger();
  const Guard guard(ledger.lock);
  for (const auto& [index, serial] : tenants) {
    // The fence of an earlier tenant of the slot may come here late. Serials grow.
    std::uint64_t& barred = ledger.barred[index];
    barred = std::max(barred, serial);
  }
}

int Revoke(Id id) {
  Ledger& ledger = TheLedger();
  Guard guard(ledger.lock);
  return RevokeEach(ledger, guard, [id](const Entry& entry) { return entry.id == id; });
}

int RevokeTenants(const Tenants& tenants) {
  Ledger& ledger = TheLedger();
  Guard guard(ledger.lock);
  return RevokeEach(ledger, guard,
                    [&tenants](const Entry& entry) { return IsAmong(tenants, entry.range->index, entry.serial); });
}

int RevokeAllOf(const Environment* owner) {
  Ledger& ledger = TheLedger();
  Guard guard(ledger.lock);
  const int result = RevokeEach(ledger, guard, [owner](const Entry& entry) { return entry.owner == owner; });
  for (auto each = ledger.entries.begin(); each != ledger.entries.end();) {
    Entry& entry = (each++)->second;
    if (entry.owner != owner) continue;
    entry.owner = nullptr;
    entry.listener = nullptr;
    if (entry.state == State::kRevoked) ledger.entries.erase(entry.id);
  }
  return result;
}

State StateOf(Id id) {
  Ledger& ledger = TheLedger();
  const Guard guard(ledger.lock);
  const Entry* const entry = At(ledger, id);
  return entry == nullptr ? State::kGone : entry->state;
}

std::uint32_t Count() { return unconfirmed.load(std::memory_order_relaxed); }

std::uint32_t CountOf(const Tenants& tenants) {
  if (Count() == 0) return 0;
  Ledger& ledger = TheLedger();
  const Guard guard(ledger.lock);
  std::uint32_t count = 0;
  for (const auto& [id, entry] : ledger.entries) {
    if (entry.state != State::kRevoked && IsAmong(tenants, entry.range->index, entry.serial)) count++;
  }
  return count;
}

}  // namespace mapdirect::ledger
