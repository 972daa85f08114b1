// Brings a finished call back to the thread of its environment.

#ifndef MAPDIRECT_MAILBOX_H_
#define MAPDIRECT_MAILBOX_H_

#include <node_api.h>

#include <memory>
#include <mutex>

namespace mapdirect {

namespace background {
class Task;
}

// One per environment, shared with its running calls. After Shut() every delivered task is destroyed, because a
// Node-API thread-safe function must not be called after the end of its environment.
class Mailbox final {
 public:
  // Returns nullptr if the environment is ending.
  [[nodiscard]] static std::shared_ptr<Mailbox> Open(napi_env env);

  // The environment's thread. Announces one more task; the event loop stays alive until the task was delivered.
  void Expect();
  // Any thread. False: the environment has ended, and a call that has not started must not start.
  [[nodiscard]] bool IsOpen();
  // Any thread.
  void Deliver(std::unique_ptr<background::Task> task);
  // The environment's thread, at its end.
  void Shut();

 private:
  static void Settle(napi_env env, napi_value function, void* self, void* task);

  napi_env env_{nullptr};
  napi_threadsafe_function call_{nullptr};
  unsigned expected_{0};  // used on the environment's thread only
  std::mutex lock_;       // guards open_, and the life of call_ during its use
  bool open_{true};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_MAILBOX_H_
