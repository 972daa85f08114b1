// The windows of an environment: ArrayBuffers over mapped memory, and the moment when their memory is no longer used.
//
// Node-API reports two ends of each ArrayBuffer: the end of the backing store, which follows ArrayBuffer.transfer()
// also to another thread, and the end of the object, which waits for requests that hold the Buffer. A window is one
// user of its range until both ends have come.
//
// When an environment ends, Node reports the end of every store, also of a store that was moved to another thread and
// is in use there. Just before, Node detaches the ArrayBuffer. It starts with the newest store. So the newest is always
// a sentinel: an ArrayBuffer of our own that no other code has. At the end of the sentinel the environment is ending,
// and all other ArrayBuffers are still unchanged.

#ifndef MAPDIRECT_WINDOW_LIST_H_
#define MAPDIRECT_WINDOW_LIST_H_

#include <node_api.h>

#include "memory/ranges.h"

namespace mapdirect {

class WindowList;

struct Window final {
  enum class State {
    kUnmade,     // the runtime could not create the ArrayBuffer; the end of the store may come all the same
    kMade,       // JavaScript does not use it yet
    kHandedOut,  // JavaScript uses it; the end of `object` will come
  };

  WindowList* list;  // nullptr: the environment is ending
  Range* range;      // this window is one of its users; nullptr: it no longer is, or this is the sentinel
  State state{State::kUnmade};
  napi_ref object{nullptr};  // weak; nullptr: not handed out yet, or its end has come
  bool store_ended{false};
  Window* previous{nullptr};
  Window* next{nullptr};
};

// The windows of one environment. Used on its thread only.
class WindowList final {
 public:
  // Calls `ending` with `self` when the environment ends, if there is a window.
  WindowList(void (*ending)(void* self), void* self) : ending_(ending), self_(self) {}
  ~WindowList();
  WindowList(const WindowList&) = delete;
  WindowList& operator=(const WindowList&) = delete;

  // Creates an ArrayBuffer over `data`, which is memory of `range`, and a new sentinel.
  [[nodiscard]] napi_status Make(napi_env env, Range* range, void* data, std::size_t length, napi_value* buffer);

  // Must be called before JavaScript uses the last window. `buffer` is its ArrayBuffer, or the one that its store was
  // moved to. Returns false if the runtime cannot watch the end of `buffer`.
  [[nodiscard]] bool HandOut(napi_env env, napi_value buffer);

  // Ends all windows with their environment. If the ArrayBuffer is detached or collected and the store has not ended,
  // another thread may use the store, and its end will never be reported. The range of such a window stays under a
  // placeholder for the life of the process.
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
  napi_ref sentinel_buffer_{nullptr};  // keeps the sentinel from being collected
  char sentinel_memory_{0};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_WINDOW_LIST_H_
