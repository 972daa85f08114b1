#include "memory/earlier_handlers.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace mapdirect::earlier_handlers {
namespace {

// Once it has had a turn, `action` is never changed: a signal handler may read it.
struct Handler final {
  struct sigaction action;
  std::atomic<std::uint64_t> turn{0};  // a newer handler has a greater one; 0: not in the chain
  std::atomic<bool> spent{false};      // SA_RESETHAND: it was called, and the default action has taken its place
};

constexpr int kMost = 64;
Handler handlers[kMost];
int known = 0;  // PutFirst() only
std::uint64_t newest_turn = 0;

// A call of a handler: its signal, our frame, and the turn of the handler.
struct Pass final {
  const siginfo_t* info;
  std::uintptr_t frame;
  std::uint64_t turn;
};

// A thread that runs a handler, and its newest call. A signal within a signal reads and writes it, too.
class Running final {
 public:
  std::atomic<pid_t> thread{0};

  [[nodiscard]] Pass Get() const {
    return {info_.load(std::memory_order_relaxed), frame_.load(std::memory_order_relaxed),
            turn_.load(std::memory_order_relaxed)};
  }
  void Set(const Pass& pass) {
    info_.store(pass.info, std::memory_order_relaxed);
    frame_.store(pass.frame, std::memory_order_relaxed);
    turn_.store(pass.turn, std::memory_order_relaxed);
  }

 private:
  std::atomic<const siginfo_t*> info_{nullptr};
  std::atomic<std::uintptr_t> frame_{0};
  std::atomic<std::uint64_t> turn_{0};
};
constexpr int kRunning = 64;
Running running[kRunning];

pid_t ThreadId() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

bool AreOneFunction(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_handler == b.sa_handler && (a.sa_flags & SA_SIGINFO) == (b.sa_flags & SA_SIGINFO);
}

bool AreEqual(const struct sigaction& a, const struct sigaction& b) {
  if (!AreOneFunction(a, b) || a.sa_flags != b.sa_flags) return false;
  for (int signal = 1; signal < NSIG; signal++) {
    if (::sigismember(&a.sa_mask, signal) != ::sigismember(&b.sa_mask, signal)) return false;
  }
  return true;
}

// Returns an equal handler, a new one, or nullptr if there is no room.
Handler* Known(const struct sigaction& action) {
  for (int i = 0; i < known; i++) {
    if (AreEqual(handlers[i].action, action)) return &handlers[i];
  }
  if (known == kMost) return nullptr;
  handlers[known].action = action;
  return &handlers[known++];
}

// The newest handler below `turn`, which becomes its turn. Turns only fall along the chain, so each chain ends, also
// while PutFirst() changes it.
Handler* Below(std::uint64_t* turn) {
  Handler* best = nullptr;
  std::uint64_t best_turn = 0;
  for (Handler& handler : handlers) {
    const std::uint64_t its = handler.turn.load(std::memory_order_acquire);
    if (its <= best_turn || its >= *turn) continue;
    best = &handler;
    best_turn = its;
  }
  *turn = best_turn;
  return best;
}

// The default action: the process ends by SIGBUS, with a core dump. The access runs again and faults again; a signal
// that was sent must be sent again.
void End(siginfo_t* info) {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGBUS, &standard, nullptr);
  if (info->si_code <= 0) ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ThreadId(), SIGBUS, info);
}

// Blocks what the kernel would block for the handler. SIGBUS is blocked already, by our own handler.
void Block(const struct sigaction& action, sigset_t* before) {
  ::pthread_sigmask(SIG_BLOCK, &action.sa_mask, before);
  if ((action.sa_flags & SA_NODEFER) == 0 || ::sigismember(&action.sa_mask, SIGBUS) == 1) return;
  sigset_t bus;
  ::sigemptyset(&bus);
  ::sigaddset(&bus, SIGBUS);
  ::pthread_sigmask(SIG_UNBLOCK, &bus, nullptr);
}

void CallFunction(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  sigset_t before;
  Block(action, &before);
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// nullptr: the default action
void Call(Handler* handler, int signal, siginfo_t* info, void* context) {
  if (handler == nullptr) return End(info);
  const struct sigaction& action = handler->action;
  const bool is_once = (action.sa_flags & SA_RESETHAND) != 0;
  if (is_once && handler->spent.exchange(true, std::memory_order_relaxed)) return End(info);
  if ((action.sa_flags & SA_SIGINFO) != 0) return CallFunction(action, signal, info, context);
  // The kernel ignores no fault.
  if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && info->si_code > 0)) return End(info);
  if (action.sa_handler != SIG_IGN) CallFunction(action, signal, info, context);
}

// The place of this thread, which may be new. nullptr: there is no room.
Running* PlaceOf(pid_t thread, bool* is_new) {
  *is_new = false;
  for (Running& place : running) {
    if (place.thread.load(std::memory_order_relaxed) == thread) return &place;
  }
  *is_new = true;
  for (Running& place : running) {
    pid_t none = 0;
    if (place.thread.compare_exchange_strong(none, thread, std::memory_order_acquire)) return &place;
  }
  return nullptr;
}

}  // namespace

int PutFirst(const struct sigaction& action) {
  Handler* const handler = Known(action);
  if (handler == nullptr) return -ENOSPC;
  // The same function with other flags is one handler: the last flags count.
  for (Handler& other : handlers) {
    if (&other != handler && AreOneFunction(other.action, action)) other.turn.store(0, std::memory_order_release);
  }
  handler->spent.store(false, std::memory_order_relaxed);
  handler->turn.store(++newest_turn, std::memory_order_release);
  return 0;
}

void PassOn(int signal, siginfo_t* info, void* context) {
  const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  bool is_new = false;
  Running* const place = PlaceOf(ThreadId(), &is_new);
  const Pass before = place == nullptr ? Pass{} : place->Get();
  // A handler that calls ours gives us the signal that it got, and is still on the stack, above our frame. A handler
  // that was left by longjmp(3) is not. Another signal starts at the newest handler.
  const bool is_nested = !is_new && before.info == info && frame < before.frame;
  std::uint64_t turn = is_nested ? before.turn : UINT64_MAX;
  Handler* const next = Below(&turn);
  if (place != nullptr) place->Set({info, frame, turn});
  Call(next, signal, info, context);
  if (place == nullptr) return;
  place->Set(before);
  if (is_new) place->thread.store(0, std::memory_order_release);
}

}  // namespace mapdirect::earlier_handlers
