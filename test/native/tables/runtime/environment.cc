// The begin, the event loop and the end of an environment.

#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "runtime.h"

using runtime::Finalizer;
using runtime::Kind;
using runtime::Object;

extern "C" napi_value NAPI_MODULE_INITIALIZER(napi_env env, napi_value exports);

namespace runtime {

void Die(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::fputs("FAILED: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputc('\n', stderr);
  va_end(arguments);
  ::_exit(1);
}

}  // namespace runtime

napi_env__::napi_env__(bool stopped) : stopping(stopped), exports_(New(Kind::kObject)) {
  exports_->roots = 1;
  NAPI_MODULE_INITIALIZER(this, runtime::ValueOf(exports_));
  if (!stopped && exports_->properties.count("registers") == 0) runtime::Die("the addon did not load");
}

napi_env__::~napi_env__() {
  stopping = true;
  while (!hooks.empty()) {
    const auto [hook, argument] = hooks.back();
    hooks.pop_back();
    hook(argument);
  }
  runtime::CloseAll(this);
  Collect(/*everything=*/true);
  while (!immediates.empty()) {
    const Finalizer due = immediates.front();
    immediates.pop_front();
    due.call(this, due.data, due.hint);
  }
  if (instance.call != nullptr) instance.call(this, instance.data, instance.hint);
  // Node.js frees a reference only if it is deleted.
  if (!references.empty()) runtime::Die("%zu references are left", references.size());
  over = true;
}

Object* napi_env__::New(Kind kind) {
  heap.push_back(std::make_unique<Object>());
  heap.back()->kind = kind;
  return heap.back().get();
}

Object* napi_env__::New(double number) {
  Object* const made = New(Kind::kNumber);
  made->number = number;
  return made;
}

Object* napi_env__::New(const std::string& text) {
  Object* const made = New(Kind::kString);
  made->text = text;
  return made;
}

Object* napi_env__::Call(const char* name, const runtime::Arguments& arguments) {
  const auto found = exports_->properties.find(name);
  if (found == exports_->properties.end()) runtime::Die("no export %s", name);
  Object* const result = found->second->function(arguments);
  if (exception != nullptr && !stopping) runtime::Die("%s threw", name);
  return result == nullptr ? New(Kind::kUndefined) : result;
}

double napi_env__::Number(const char* name, const std::vector<double>& arguments) {
  runtime::Arguments objects;
  for (const double argument : arguments) objects.push_back(New(argument));
  const Object* const result = Call(name, objects);
  if (result->kind != Kind::kNumber) runtime::Die("%s did not return a number", name);
  return result->number;
}

Object* napi_env__::Window(double slot, double length) {
  Object* const window = Call("window", {New(slot), New(0.0), New(length)});
  next_buffer = napi_ok;
  if (window->kind != Kind::kBuffer) return nullptr;
  if (exports_->properties.count("handOut") != 0 && Call("handOut", {window})->number != 0) {
    runtime::Die("a window that was made could not be handed out");
  }
  return window;
}

double napi_env__::Float(std::size_t index) const {
  double value = 0;
  std::memcpy(&value, exports_->properties.at("registers")->memory + index * sizeof(value), sizeof(value));
  return value;
}

std::uint64_t napi_env__::Uint(std::size_t index) const {
  std::uint64_t value = 0;
  std::memcpy(&value, exports_->properties.at("registers")->memory + index * sizeof(value), sizeof(value));
  return value;
}

void napi_env__::Due(const Finalizer& finalizer) {
  if (finalizer.call != nullptr) immediates.push_back(finalizer);
}

void napi_env__::Collect(bool everything) {
  std::vector<std::unique_ptr<Object>> kept;
  std::vector<std::unique_ptr<Object>> old;
  old.swap(heap);
  for (std::unique_ptr<Object>& object : old) {
    if (object->roots != 0 && !everything) {
      kept.push_back(std::move(object));
      continue;
    }
    runtime::ForgetMemory(this, object.get());
    runtime::ForgetReferences(this, object.get());
    for (const Finalizer& finalizer : object->finalizers) Due(finalizer);
    if (object->buffer != nullptr && !everything) object->buffer->roots--;
  }
  heap.insert(heap.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
}

void napi_env__::Wake() {
  const std::lock_guard<std::mutex> guard(lock_);
  woken_ = true;
  wake_.notify_one();
}

void napi_env__::Turn() {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    woken_ = false;
  }
  std::deque<Finalizer> due;
  due.swap(immediates);
  for (const Finalizer& each : due) each.call(this, each.data, each.hint);
  runtime::Dispatch(this);
  Collect(/*everything=*/false);
}

void napi_env__::WaitAndTurn() {
  {
    std::unique_lock<std::mutex> guard(lock_);
    wake_.wait(guard, [this] { return woken_; });
  }
  Turn();
}

void napi_env__::RunToEnd() {
  Turn();
  while (runtime::Dispatch(this)) WaitAndTurn();
  Turn();
}
