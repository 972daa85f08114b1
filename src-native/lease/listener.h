// Sends notices about leased and watched files, and about faults, to JavaScript.

#ifndef MAPDIRECT_LISTENER_H_
#define MAPDIRECT_LISTENER_H_

#include <node_api.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace mapdirect {

enum class NoticeKind {
  kBreak = 1,
  kGone = 2,
  kHint = 3,
  kIntact = 4,
  kFault = 5,
  kRevoked = 6,
  kUnfenced = 7,
  kDevice = 8
};

// The arguments of the function of onNotices(): see lib/backend/native/addon.ts.
struct Notice final {
  const NoticeKind kind;
  const std::int64_t id;
  const std::int64_t detail;
  // Of a hint: its detail. Events are added until JavaScript takes it; it is 0 afterwards, and after the watch has
  // ended.
  const std::shared_ptr<std::atomic<std::uint32_t>> mask;
};

// One per environment, shared with its leases and watches. It never keeps the event loop alive. Notices before Listen()
// or after Shut() are dropped, because a Node-API thread-safe function must not be called after the end of its
// environment.
class Listener final {
 public:
  // The environment's thread. Adds a function that receives all notices: two copies of the package in one thread share
  // one addon, and each copy knows its own ids. Returns 0, or -ECANCELED if the environment is ending.
  [[nodiscard]] int Listen(napi_env env, napi_value function);
  // The environment's thread. True if Shut() is needed.
  [[nodiscard]] bool IsOpen() const { return call_ != nullptr; }
  // Any thread. Takes no other lock than its own. Returns false if the notice was dropped.
  bool Notify(std::unique_ptr<Notice> notice);
  // The environment's thread, at its end.
  void Shut(napi_env env);

 private:
  static void Deliver(napi_env env, napi_value function, void* self, void* notice);
  [[nodiscard]] int Open(napi_env env);

  std::vector<napi_ref> functions_;  // the environment's thread
  napi_threadsafe_function call_{nullptr};
  std::mutex lock_;  // guards open_, and the life of call_ during its use
  bool open_{false};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_LISTENER_H_
