// The way of a finished call back to the thread of its environment.

#ifndef MAPDIRECT_MAILBOX_H_
#define MAPDIRECT_MAILBOX_H_

#include <node_api.h>

#include <memory>
#include <mutex>

namespace mapdirect {

namespace background {
class Task;
}

// One per environment, shared with the calls that are under way. After Shut() whatever is delivered is destroyed: a
// Node-API thread-safe function must not be called once its environment is gone.
class Mailbox final {
 public:
  // nullptr: the environment is ending.
  [[nodiscard]] static std::shared_ptr<Mailbox> Open(napi_env env);

  // The environment's thread: one more will come. The event loop stays alive until it has.
  void Expect();
  // Any thread. False: nobody waits any more, and a call that has not started must not start.
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
  std::mutex lock_;       // guards open_, and that call_ is there while it is used
  bool open_{true};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_MAILBOX_H_
