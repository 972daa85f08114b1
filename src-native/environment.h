// What belongs to one Node environment (the main thread, or one worker thread).

#ifndef MAPDIRECT_ENVIRONMENT_H_
#define MAPDIRECT_ENVIRONMENT_H_

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "file/descriptors.h"
#include "lease/listener.h"
#include "memory/window_list.h"
#include "persist/cache_lines.h"
#include "persist/stores.h"
#include "thread/mailbox.h"

namespace mapdirect {

// Registers: one small ArrayBuffer shared with JavaScript, through which a call takes or returns more numbers than its
// one result. It costs nothing to read, where every further argument costs some nanoseconds.
constexpr std::size_t kRegisterCount = 16;

// Offset, physical address, length and flags in turn.
using ExtentList = std::vector<double>;

// Lives as long as its environment and is used on that environment's thread only.
class Environment final {
 public:
  // Made once for each environment that loads the addon, and destroyed with it. `registers`: the ArrayBuffer of them.
  // nullptr: the environment is ending.
  [[nodiscard]] static Environment* Open(napi_env env, napi_value* registers);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  [[nodiscard]] Descriptors& OpenDescriptors() { return descriptors_; }

  [[nodiscard]] double Float(std::size_t index) const { return registers_[index].f64; }
  [[nodiscard]] std::size_t Size(std::size_t index) const { return static_cast<std::size_t>(registers_[index].f64); }
  void SetFloat(std::size_t index, double value) { registers_[index].f64 = value; }
  void SetUint(std::size_t index, std::uint64_t value) { registers_[index].u64 = value; }

  [[nodiscard]] WindowList& OwnWindows() { return windows_; }
  // Made when it is first needed; nullptr when the environment is ending.
  [[nodiscard]] std::shared_ptr<Mailbox> OpenMailbox();

  // Results that are too long for the registers wait here until JavaScript takes them, by a ticket of its choice.
  void Keep(std::int64_t ticket, std::shared_ptr<ExtentList> list);
  [[nodiscard]] std::shared_ptr<ExtentList> Take(std::int64_t ticket);

  // Whom the leases and watches of this environment tell.
  [[nodiscard]] const std::shared_ptr<Listener>& OwnListener() const { return listener_; }
  // As Listener::Listen().
  [[nodiscard]] int Listen(napi_value function);

  // How cache lines are written back and how bytes are stored here; chosen by TypeScript, once, before they are used.
  [[nodiscard]] cache_lines::Flush Flush() const { return flush_; }
  [[nodiscard]] const stores::Path& Stores() const { return *stores_; }
  void SetFlush(cache_lines::Flush flush) { flush_ = flush; }
  void SetStores(const stores::Path* stores) { stores_ = stores; }

 private:
  explicit Environment(napi_env env) : env_(env) {}
  // False: the environment is ending.
  [[nodiscard]] bool MakeRegisters(napi_value* registers);

  union Register {
    double f64;
    std::uint64_t u64;
  };

  // A thread-safe function has a clean-up hook of its own, which must not run before ours: hooks run last first, so
  // ours is moved to the end.
  void EndFirst();
  static void CleanUp(void* self);
  // Once: when Node takes away the first window at the end of the environment, or from the hook.
  void End();

  const napi_env env_;
  Register* registers_{nullptr};
  Descriptors descriptors_;
  std::shared_ptr<Mailbox> mailbox_;
  WindowList windows_{CleanUp, this};
  bool has_ended_{false};
  std::unordered_map<std::int64_t, std::shared_ptr<ExtentList>> kept_;
  const std::shared_ptr<Listener> listener_{std::make_shared<Listener>()};
  cache_lines::Flush flush_{[](std::uintptr_t, std::uintptr_t) {}};
  const stores::Path* stores_{stores::With(0)};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_ENVIRONMENT_H_
