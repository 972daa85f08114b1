// The acts of an actor on words of shared memory: waitAsync(), its cancellation, notify().

#include <cerrno>
#include <climits>

#include "actor.h"
#include "words.h"

using runtime::Object;

namespace storm {

namespace {

constexpr std::size_t kMostWaits = 40;
constexpr double kMicroseconds = 1e6;
// Every wake-up must come before this deadline.
constexpr double kLong = 10 * kMicroseconds;
constexpr double kSlots = 6;  // of a thread; few, so that there are several threads

}  // namespace

void Actor::Wait() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || mapped->file == kNoFile || waits_.size() >= kMostWaits) return;
  const std::size_t word = random_.Below(kWords);
  const bool is_long = random_.Below(2) == 0;
  const double span = is_long ? kLong : static_cast<double>(random_.Below(5000));
  const bool has_slots = env_->Number("futexHasWaitAny", {}) == 1 && random_.Below(4) != 0;
  const auto expected = static_cast<double>(WordOf(mapped->file, word).load());
  Object* const started =
      env_->Call("futexWaitAsync", {env_->New(mapped->slot), env_->New(OffsetOfWord(word)), env_->New(expected),
                                    env_->New(span), env_->New(has_slots ? kSlots : 1), env_->New(20.0)});
  if (started->kind == runtime::Kind::kNumber && started->number == -EAGAIN) return;  // it was changed meanwhile
  if (started->kind != runtime::Kind::kPromise) {
    if (!env_->stopping) runtime::Die("futexWaitAsync: %g", started->number);
    return;
  }
  started->roots++;
  waits_.push_back({started, env_->Float(0), mapped->slot, mapped->file, word, is_long, false, !mapped->shared});
  world_.Count(kWaits);
}

void Actor::Cancel(WordWait& wait) {
  if (!wait.cancelled) wait.cancelled = env_->Number("futexCancel", {wait.id}) == 1;
}

// As a call of notify() in this thread, or as another process.
void Actor::Notify(const WordWait& wait) {
  Word& word = WordOf(wait.file, wait.word);
  if (random_.Below(2) == 0) return ChangeAndWake(word);
  word.fetch_add(1);
  const double woken = env_->Number("futexWake", {wait.slot, static_cast<double>(OffsetOfWord(wait.word)), INT_MAX});
  if (woken < 0) runtime::Die("futexWake: %g", woken);
}

void Actor::EndWait() {
  if (waits_.empty()) return;
  std::swap(waits_[random_.Below(waits_.size())], waits_.back());
  WordWait& wait = waits_.back();
  if (!wait.reachable || random_.Below(3) == 0)
    Cancel(wait);
  else
    Notify(wait);
  while (!env_->stopping && !wait.promise->settled) env_->WaitAndTurn();
  if (wait.promise->settled) Judge(wait);
  wait.promise->roots--;
  waits_.pop_back();
}

void Actor::Judge(const WordWait& wait) {
  const double outcome = wait.promise->number;
  if (wait.cancelled != (outcome == -ECANCELED)) {
    runtime::Die("a wait ended with %g, and cancel() had returned %d", outcome, wait.cancelled ? 1 : 0);
  }
  if (outcome == -ETIMEDOUT && wait.is_long && wait.reachable) runtime::Die("a wake-up was lost");
  if (outcome == 0) world_.Count(kWoken);
  if (outcome == -ECANCELED) world_.Count(kCancelled);
  const bool is_known = outcome == 0 || outcome == -ECANCELED || outcome == -ETIMEDOUT || outcome == -EAGAIN;
  if (!is_known) runtime::Die("a wait ended with %g", outcome);
}

// The pages of a mapping go. lib/ cancels its waits before; a wait that is decided at that moment is still under way.
void Actor::LeaveWords(double slot) {
  const bool cancels = random_.Below(4) != 0;
  for (WordWait& wait : waits_) {
    if (wait.slot != slot || !wait.reachable) continue;
    if (cancels) Cancel(wait);
    wait.reachable = false;
  }
}

}  // namespace storm
