#include "futex/waiter_thread.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "futex/waiter_table.h"

namespace mapdirect {
namespace {

using futex::Kind;
using futex::Time;

constexpr Time kMillisecond = 1'000'000;
constexpr Time kLinger = 1000 * kMillisecond;  // a new call soon after the last one needs no new thread
constexpr Time kInterval = 50 * kMillisecond;  // between two looks without a doorbell

bool HasChanged(const Waiter& waiter) {
  return futex::Compare(waiter.request.word, waiter.request.expected) == -EAGAIN;
}

bool IsWoken(const Waiter& waiter, bool is_over) {
  return waiter.woken || waiter.changed || waiter.notified || (is_over && waiter.perhaps_woken && HasChanged(waiter));
}

// Decides whether the waiter has ended. Returns the number of wake-ups that it does not need, and that another waiter
// must get. Needs the lock.
int Decide(Waiter& waiter, Time now) {
  const bool is_over = waiter.cancelled || now >= waiter.request.deadline;
  const bool is_woken = IsWoken(waiter, is_over);
  waiter.has_ended = waiter.failure != 0 || is_woken || is_over;
  if (waiter.failure != 0) {
    waiter.outcome = waiter.failure;
  } else if (waiter.cancelled) {
    waiter.outcome = -ECANCELED;
  } else {
    waiter.outcome = is_woken ? 0 : -ETIMEDOUT;
  }
  return (waiter.cancelled && is_woken ? 1 : 0) + (waiter.woken && waiter.notified_alone ? 1 : 0);
}

}  // namespace

void WaiterThread::Add(std::unique_ptr<Waiter> waiter) {
  const futex::Word* const word = waiter->request.word;
  const auto same = std::find_if(waiters_.rbegin(), waiters_.rend(),
                                 [word](const auto& other) { return other->request.word == word; });
  waiters_.insert(same == waiters_.rend() ? waiters_.end() : same.base(), std::move(waiter));
  Ring();
}

void WaiterThread::Ring() {
  doorbell_.fetch_add(1, std::memory_order_release);
  static_cast<void>(futex::Wake(Doorbell(), 1, Kind::kPrivate));
}

WaiterThread::List WaiterThread::TakeEnded(WaiterTable& table, Time now) {
  std::vector<futex::Word*> handed_on;
  for (const auto& waiter : waiters_) handed_on.insert(handed_on.end(), Decide(*waiter, now), waiter->request.word);
  for (futex::Word* word : handed_on) static_cast<void>(table.Notify(word, 1));
  const auto ended =
      std::stable_partition(waiters_.begin(), waiters_.end(), [](const auto& waiter) { return !waiter->has_ended; });
  List taken(std::make_move_iterator(ended), std::make_move_iterator(waiters_.end()));
  waiters_.erase(ended, waiters_.end());
  return taken;
}

Time WaiterThread::Arm(Time now) {
  armed_.clear();
  if (!waiters_.empty()) idle_since_ = now;
  Time next = waiters_.empty() ? idle_since_ + kLinger : futex::kNever;
  if (capacity_ == 1 && !waiters_.empty()) next = now + kInterval;
  for (const auto& waiter : waiters_) {
    waiter->is_new = false;
    armed_.push_back(waiter.get());
    next = std::min(next, waiter->request.deadline);
  }
  return next;
}

bool WaiterThread::Look() {
  WaiterTable& table = TheWaiterTable();
  List ended;
  {
    const std::lock_guard<std::mutex> guard(table.lock);
    seen_doorbell_ = doorbell_.load(std::memory_order_acquire);  // first: a wake-up that is handed on rings it
    const Time now = futex::Now();
    ended = TakeEnded(table, now);
    next_look_ = Arm(now);
    if (ended.empty() && armed_.empty() && now >= next_look_) {
      table.Forget(this);
      return false;
    }
    table.count -= ended.size();
    if (!ended.empty()) table.released.NotifyAll();
  }
  for (auto& waiter : ended) Waiter::Deliver(std::move(waiter));
  return true;
}

int WaiterThread::Sleep() {
  if (armed_.empty()) {
    static_cast<void>(futex::Wait(Doorbell(), seen_doorbell_, next_look_, Kind::kPrivate));
    return 0;
  }
  if (capacity_ == 1) {
    const Waiter::Request& request = armed_.front()->request;
    const int result = futex::Wait(request.word, request.expected, next_look_, Kind::kShared);
    return result == 0 ? 1 : result;
  }
  std::vector<futex::Slot> slots = {futex::SlotOf(Doorbell(), seen_doorbell_, Kind::kPrivate)};
  for (const Waiter* waiter : armed_) {
    slots.push_back(futex::SlotOf(waiter->request.word, waiter->request.expected, Kind::kShared));
  }
  return futex::WaitAny(slots, next_look_);
}

// Slots of one word are queued and woken in order, so of this word all slots up to the reported one were woken. Slots
// of other words before it may have been woken.
void WaiterThread::MarkWoken(std::size_t last) {
  for (std::size_t i = 0; i <= last; i++) {
    const bool is_same = armed_[i]->request.word == armed_[last]->request.word;
    (is_same ? armed_[i]->woken : armed_[i]->perhaps_woken) = true;
  }
}

void WaiterThread::CompareAll() {
  for (Waiter* waiter : armed_) {
    const int compared = futex::Compare(waiter->request.word, waiter->request.expected);
    waiter->changed = compared == -EAGAIN;
    if (compared < 0 && compared != -EAGAIN) waiter->failure = compared;
  }
}

// `result` counts the slots, and the first one is the doorbell.
void WaiterThread::Judge(int result) {
  for (Waiter* waiter : armed_) waiter->perhaps_woken = false;
  if (result > 0) {
    MarkWoken(static_cast<std::size_t>(result) - 1);
  } else if (result == -EAGAIN || result == -EFAULT) {
    CompareAll();
  } else if (result < 0 && result != -ETIMEDOUT && result != -EINTR) {
    for (Waiter* waiter : armed_) waiter->failure = result;
  }
}

void* WaiterThread::Run(void* self) {
  const std::unique_ptr<WaiterThread> thread(static_cast<WaiterThread*>(self));
  while (thread->Look()) thread->Judge(thread->Sleep());
  return nullptr;
}

}  // namespace mapdirect
