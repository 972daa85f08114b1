// The state of one Node environment: the main thread, or one worker thread.

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

// Registers: a small ArrayBuffer that JavaScript and the addon share, for more arguments and more results than one
// number. Reading a register costs next to nothing; each further argument of a call costs some 10 ns.
constexpr std::size_t kRegisterCount = 16;

// Offset, physical address, length and flags in turn.
using ExtentList = std::vector<double>;

// Lives as long as its environment. Used on the thread of that environment only.
class Environment final {
 public:
  // Creates the Environment of an environment that loads the addon; the environment destroys it at its end. `registers`
  // receives the ArrayBuffer. Returns nullptr if the environment is ending.
  [[nodiscard]] static Environment* Open(napi_env env, napi_value* registers);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  [[nodiscard]] Descriptors& OpenDescriptors() { return descriptors_; }

  [[nodiscard]] double Float(std::size_t index) const { return registers_[index].f64; }
  [[nodiscard]] std::size_t Size(std::size_t index) const { return static_cast<std::size_t>(registers_[index].f64); }
  [[nodiscard]] bool IsRegisters(const void* data) const { return data == registers_; }
  [[nodiscard]] std::uint64_t Uint(std::size_t index) const { return registers_[index].u64; }
  void SetFloat(std::size_t index, double value) { registers_[index].f64 = value; }
  void SetUint(std::size_t index, std::uint64_t value) { registers_[index].u64 = value; }

  // Makes an ArrayBuffer over the count of faults. Returns nullptr if the environment is ending.
  [[nodiscard]] napi_value FaultCount() const;

  [[nodiscard]] WindowList& OwnWindows() { return windows_; }
  // Creates the mailbox at the first call. Returns nullptr if the environment is ending.
  [[nodiscard]] std::shared_ptr<Mailbox> OpenMailbox();

  // Keeps a result that is too long for the registers, until JavaScript takes it. JavaScript chooses the ticket.
  void Keep(std::int64_t ticket, std::shared_ptr<ExtentList> list);
  [[nodiscard]] std::shared_ptr<ExtentList> Take(std::int64_t ticket);

  // Receives the notices about the leases and watches of this environment.
  [[nodiscard]] const std::shared_ptr<Listener>& OwnListener() const { return listener_; }
  // As Listener::Listen().
  [[nodiscard]] int Listen(napi_value function);

  // How this thread writes cache lines back and stores bytes. TypeScript chooses both once, before the first use.
  [[nodiscard]] cache_lines::Flush Flush() const { return flush_; }
  [[nodiscard]] const stores::Path& Stores() const { return *stores_; }
  void SetFlush(cache_lines::Flush flush) { flush_ = flush; }
  void SetStores(const stores::Path* stores) { stores_ = stores; }

 private:
  explicit Environment(napi_env env) : env_(env) {}
  // Returns false if the environment is ending.
  [[nodiscard]] bool MakeRegisters(napi_value* registers);

  union Register {
    double f64;
    std::uint64_t u64;
  };

  // Moves our clean-up hook to the end of the list, so that it runs first: hooks run in reverse order. It must run
  // before the hook of a thread-safe function.
  void EndFirst();
  static void CleanUp(void* self);
  // Ends everything, once: when Node frees the first window at the end of the environment, or else in the hook.
  void End();

  const napi_env env_;
  Register* registers_{nullptr};
  napi_ref registers_buffer_{nullptr};  // keeps them from being collected
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
