// One write lease and the states that it passes through.
//
//   kHeld ──break signal──► kUnconfirmed ──no opener waits: lease taken anew──► kHeld
//                                │
//                                ├──an opener waits: notice kBreak──► kBreaking
//                                │                                     │  │  │
//                                │            released by its owner ◄──┘  │  └──► opener gave up: lease taken anew,
//                                │                                        │       notice kIntact, kHeld
//                                │                               deadline │
//                                │                                        ▼
//                                └──lease lost, or not taken anew──► kEnding: ranges fenced, notice kGone, lease
//                                dropped. A registration whose end is not confirmed holds this up: notice kUnfenced
//
// A Lease belongs to the lease table: every function here needs the lock of the table.

#ifndef MAPDIRECT_LEASE_STATE_H_
#define MAPDIRECT_LEASE_STATE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "lease/listener.h"
#include "registration/ledger.h"

namespace mapdirect {

class Environment;

namespace lease_state {

using Clock = std::chrono::steady_clock;
constexpr Clock::time_point kNever = Clock::time_point::max();

enum class State { kHeld, kUnconfirmed, kBreaking, kEnding };

using Key = std::pair<std::int64_t, std::int64_t>;  // st_dev and st_ino

struct Lease final {
  std::int64_t id;
  int fd;
  Key inode;
  std::chrono::milliseconds grace;  // from the break request to the end of the lease
  const Environment* owner;         // nullptr: ended, with a registration whose end is not confirmed
  std::shared_ptr<Listener> listener;
  State state{State::kHeld};
  Clock::time_point break_requested{};
  Clock::time_point due{};      // of the next step; in kBreaking: the deadline
  ledger::Tenants to_fence{};   // ranges that must be fenced before the lease ends at its deadline
  ledger::Tenants to_revoke{};  // ranges whose pages stay, and whose registrations must end before
  bool locks_end{false};        // the locks of the description end with the lease
  bool unfenced_told{false};    // the owner knows that a provider has not confirmed
  bool taken_told{false};       // and that the kernel has taken the lease
};

// The kernel has sent a break signal that may be for this lease. Returns true if the lease has left kHeld.
[[nodiscard]] bool OnBreakSignal(Lease* lease);

// Asks the kernel again and changes the state. Returns the time of the next call: kNever if the lease is held again, a
// time that is not after `now` if the lease must end now.
[[nodiscard]] Clock::time_point Advance(Lease* lease, Clock::time_point now);

// Sends a notice to the owner of the lease.
void Notify(const Lease& lease, NoticeKind kind, std::int64_t detail);

}  // namespace lease_state
}  // namespace mapdirect

#endif  // MAPDIRECT_LEASE_STATE_H_
