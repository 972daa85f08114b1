#include "lease/lease_state.h"

#include <algorithm>

#include "lease/lease_syscalls.h"

namespace mapdirect::lease_state {
namespace {

using std::chrono::milliseconds;

// A non-blocking open counts as a waiting opener until it fails. The thread asks every kConfirmStep, and believes that
// an opener waits if it is still there after kConfirmAfter.
constexpr milliseconds kConfirmAfter{8};
constexpr milliseconds kConfirmStep{1};
// The kernel sends no event when a waiting opener gives up, so the thread asks this often.
constexpr milliseconds kOpenerPoll{100};

void End(Lease* lease, Clock::time_point now) {
  lease->state = State::kEnding;
  lease->due = now;
}

// Returns true if an opener waits. If not, the lease is taken anew and is held again, or it must end.
bool HasOpener(Lease* lease, Clock::time_point now) {
  if (lease_syscalls::Ask(lease->fd) == lease_syscalls::Status::kNone) {
    End(lease, now);  // this process was stopped for so long that the kernel took the lease
    return false;
  }
  if (lease_syscalls::IsOpenerWaiting(lease->fd)) return true;
  // The kernel signals once per lease, so the lease is dropped and taken anew. An open(2) between the two calls
  // succeeds; while that file is open the lease cannot be taken.
  static_cast<void>(lease_syscalls::Drop(lease->fd));
  lease->state = State::kHeld;
  if (lease_syscalls::Take(lease->fd) != 0) End(lease, now);
  return false;
}

void Recheck(Lease* lease, Clock::time_point now) {
  const bool is_confirmed = lease->state == State::kBreaking;
  if (!HasOpener(lease, now)) {
    if (is_confirmed && lease->state == State::kHeld) Notify(*lease, NoticeKind::kIntact, 0);
  } else if (!is_confirmed && now - lease->break_requested < kConfirmAfter) {
    lease->due = now + kConfirmStep;
  } else if (!is_confirmed) {
    lease->state = State::kBreaking;
    lease->due = lease->break_requested + lease->grace;
    const auto left = std::chrono::duration_cast<milliseconds>(lease->due - now);
    Notify(*lease, NoticeKind::kBreak, std::max<std::int64_t>(left.count(), 0));
  }
}

}  // namespace

bool OnBreakSignal(Lease* lease) {
  if (lease->state != State::kHeld) return false;
  const lease_syscalls::Status status = lease_syscalls::Ask(lease->fd);
  if (status == lease_syscalls::Status::kIntact) return false;  // the signal was for an earlier lease
  lease->break_requested = Clock::now();
  lease->state = State::kUnconfirmed;
  lease->due = lease->break_requested;
  if (status == lease_syscalls::Status::kNone) End(lease, lease->break_requested);
  return true;
}

Clock::time_point Advance(Lease* lease, Clock::time_point now) {
  if (lease->state != State::kEnding) Recheck(lease, now);
  switch (lease->state) {
    case State::kHeld:
      return kNever;
    case State::kBreaking:
      return std::min(lease->due, now + kOpenerPoll);
    default:
      return lease->due;
  }
}

void Notify(const Lease& lease, NoticeKind kind, std::int64_t detail) {
  lease.listener->Notify(std::unique_ptr<Notice>(new Notice{kind, lease.id, detail, nullptr}));
}

}  // namespace mapdirect::lease_state
