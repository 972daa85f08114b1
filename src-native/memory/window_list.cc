#include "memory/window_list.h"

#include <utility>

namespace mapdirect {
namespace {

// True if the ArrayBuffer was detached (its store was moved) or collected.
bool IsEmpty(napi_env env, napi_ref object) {
  napi_value buffer = nullptr;
  bool detached = true;
  if (napi_get_reference_value(env, object, &buffer) != napi_ok || buffer == nullptr) return true;
  return napi_is_detached_arraybuffer(env, buffer, &detached) != napi_ok || detached;
}

}  // namespace

// No finalizer runs any more: the runtime never created the remaining windows.
WindowList::~WindowList() {
  while (first_ != nullptr) {
    Window* const window = first_;
    Unlink(window);
    Release(window);
    delete window;
  }
}

napi_status WindowList::Make(napi_env env, Range* range, void* data, std::size_t length, napi_value* buffer) {
  auto* const window = new Window{this, range};
  ranges::AddUser(range);
  last_made_ = window;
  const napi_status made = Create(env, window, data, length, buffer);
  if (made == napi_ok) RenewSentinel(env);
  return made;
}

// Fails only if the environment is ending. Then no window is handed out any more, and the older sentinel serves the
// existing windows.
void WindowList::RenewSentinel(napi_env env) {
  auto* const sentinel = new Window{this, nullptr};
  napi_value buffer = nullptr;
  napi_ref held = nullptr;
  if (Create(env, sentinel, &sentinel_memory_, sizeof(sentinel_memory_), &buffer) != napi_ok) return;
  if (napi_create_reference(env, buffer, /*initial_refcount=*/1, &held) != napi_ok) return;
  if (sentinel_buffer_ != nullptr) napi_delete_reference(env, sentinel_buffer_);
  sentinel_buffer_ = held;
  sentinel_ = sentinel;
}

napi_status WindowList::Create(napi_env env, Window* window, void* data, std::size_t length, napi_value* buffer) {
  Link(window);
  const napi_status made = napi_create_external_arraybuffer(env, data, length, StoreEnded, window, buffer);
  if (made == napi_ok) {
    window->state = Window::State::kMade;
  } else if (made == napi_no_external_buffers_allowed) {
    window->store_ended = true;  // only this failure guarantees that no store was created
    Settle(window);
  }
  return made;
}

bool WindowList::HandOut(napi_env env, napi_value buffer) {
  Window* const window = last_made_;
  if (window == nullptr || window->state != Window::State::kMade) return false;
  if (napi_add_finalizer(env, buffer, window, ObjectEnded, /*finalize_hint=*/nullptr, &window->object) != napi_ok) {
    return false;
  }
  window->state = Window::State::kHandedOut;
  return true;
}

void WindowList::End(napi_env env) {
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(env, &scope);
  for (Window* next = first_; next != nullptr;) {
    Window* const window = next;
    next = window->next;
    if (window->state == Window::State::kUnmade) {
      Release(window);  // the end of its store may not come, so the destructor frees it
      continue;
    }
    const bool is_out = window->state == Window::State::kHandedOut && !window->store_ended;
    if (is_out && (window->object == nullptr || IsEmpty(env, window->object))) {
      ranges::Keep(window->range);
    }
    Unlink(window);
  }
  if (sentinel_buffer_ != nullptr) napi_delete_reference(env, std::exchange(sentinel_buffer_, nullptr));
  napi_close_handle_scope(env, scope);
}

void WindowList::StoreEnded(napi_env /*env*/, void* /*data*/, void* hint) {
  auto* const window = static_cast<Window*>(hint);
  window->store_ended = true;
  WindowList* const list = window->list;
  if (list != nullptr && list->sentinel_ == window) list->ending_(list->self_);
  Settle(window);
}

void WindowList::ObjectEnded(napi_env env, void* data, void* /*hint*/) {
  auto* const window = static_cast<Window*>(data);
  napi_delete_reference(env, window->object);
  window->object = nullptr;
  Settle(window);
}

void WindowList::Settle(Window* window) {
  if (!window->store_ended || window->object != nullptr) return;
  if (window->list != nullptr) window->list->Unlink(window);
  Release(window);
  delete window;
}

void WindowList::Release(Window* window) {
  if (window->range != nullptr) ranges::DropUser(window->range);
  window->range = nullptr;
}

void WindowList::Link(Window* window) {
  window->next = first_;
  if (first_ != nullptr) first_->previous = window;
  first_ = window;
}

void WindowList::Unlink(Window* window) {
  if (last_made_ == window) last_made_ = nullptr;
  (window->previous == nullptr ? first_ : window->previous->next) = window->next;
  if (window->next != nullptr) window->next->previous = window->previous;
  window->list = nullptr;
  window->previous = window->next = nullptr;
}

}  // namespace mapdirect
