// The JavaScript function that hears what strangers do to leased and watched files.

#ifndef MAPDIRECT_LISTENER_H_
#define MAPDIRECT_LISTENER_H_

#include <node_api.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace mapdirect {

enum class NoticeKind { kBreak = 1, kGone = 2, kHint = 3, kIntact = 4 };

// As onNotices() in lib/backend/addon.ts hands it on.
struct Notice final {
  const NoticeKind kind;
  const std::int64_t id;
  const std::int64_t detail;
  // Of a hint: the detail, which grows until JavaScript takes it; 0 then, and after the watch has ended.
  const std::shared_ptr<std::atomic<std::uint32_t>> mask;
};

// One per environment, shared with its leases and watches. It never keeps the event loop alive. What comes before
// Listen() or after Shut() is dropped: a Node-API thread-safe function must not be called once its environment is gone.
class Listener final {
 public:
  // The environment's thread. One more function that is told of everything: two copies of the package in one thread
  // have one addon, and each knows its own ids. 0, or -ECANCELED when the environment is ending.
  [[nodiscard]] int Listen(napi_env env, napi_value function);
  // The environment's thread: it was opened, and must be shut.
  [[nodiscard]] bool IsOpen() const { return call_ != nullptr; }
  // Any thread; takes no lock but its own. False: dropped.
  bool Notify(std::unique_ptr<Notice> notice);
  // The environment's thread, at its end.
  void Shut();

 private:
  static void Deliver(napi_env env, napi_value function, void* self, void* notice);
  [[nodiscard]] int Open(napi_env env);

  std::vector<napi_ref> functions_;  // the environment's thread
  napi_threadsafe_function call_{nullptr};
  std::mutex lock_;  // guards open_, and that call_ is there while it is used
  bool open_{false};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_LISTENER_H_
