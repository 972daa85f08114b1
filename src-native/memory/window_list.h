// The ArrayBuffers over mapped memory, and when their memory is out of everybody's reach.
//
// Node-API tells of two ends of each: the backing store's (it moves along with ArrayBuffer.transfer(), to another
// thread too) and the object's (it waits for requests that still hold the Buffer). A window is one user of its range
// until both have come.
//
// When an environment ends Node says of every store that it has ended, also of one that was moved to another thread and
// is in use there; and it empties the ArrayBuffer just before. It takes the newest first. So a sentinel, an ArrayBuffer
// of our own that nobody else has, is always the newest: when its end comes the environment is ending, and every other
// one is still as it was.

#ifndef MAPDIRECT_WINDOW_LIST_H_
#define MAPDIRECT_WINDOW_LIST_H_

#include <node_api.h>

#include "memory/ranges.h"

namespace mapdirect {

class WindowList;

struct Window final {
  enum class State {
    kUnmade,     // the runtime said that it could not make it; the store's end may come all the same
    kMade,       // JavaScript has not got it yet
    kHandedOut,  // the user of `object`, and of the end of it
  };

  WindowList* list;  // nullptr: the environment is ending
  Range* range;      // one of its users is this window; nullptr: no more, or the sentinel
  State state{State::kUnmade};
  napi_ref object{nullptr};  // weak; nullptr: none yet, or its end has come
  bool store_ended{false};
  Window* previous{nullptr};
  Window* next{nullptr};
};

// Those of one environment. Used on its thread only.
class WindowList final {
 public:
  // `ending` is called with `self` when the environment ends, if there is any window.
  WindowList(void (*ending)(void* self), void* self) : ending_(ending), self_(self) {}
  ~WindowList();
  WindowList(const WindowList&) = delete;
  WindowList& operator=(const WindowList&) = delete;

  // Makes an ArrayBuffer over `data`, memory of `range`, and a new sentinel.
  [[nodiscard]] napi_status Make(napi_env env, Range* range, void* data, std::size_t length, napi_value* buffer);

  // `buffer`, into which the store of the last one was perhaps moved, goes to JavaScript. False: the runtime cannot.
  [[nodiscard]] bool HandOut(napi_env env, napi_value buffer);

  // The environment ends. A window whose ArrayBuffer is empty or collected while its store has not ended may live on in
  // another thread, and nothing will ever tell: its range stays under a placeholder for the life of the process.
  void End(napi_env env);

 private:
  [[nodiscard]] napi_status Create(napi_env env, Window* window, void* data, std::size_t length, napi_value* buffer);
  void RenewSentinel(napi_env env);
  static void StoreEnded(napi_env env, void* data, void* window);
  static void ObjectEnded(napi_env env, void* window, void* hint);
  static void Settle(Window* window);
  static void Release(Window* window);

  void Link(Window* window);
  void Unlink(Window* window);

  void (*const ending_)(void* self);
  void* const self_;
  Window* first_{nullptr};
  Window* last_made_{nullptr};
  Window* sentinel_{nullptr};
  napi_ref sentinel_buffer_{nullptr};  // it must not be collected
  char sentinel_memory_{0};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_WINDOW_LIST_H_
