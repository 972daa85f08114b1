// Thread-safe functions as in Node 20: a function ends with its environment, even if another thread has a pointer to
// it.

#include "runtime.h"

struct napi_threadsafe_function__ final {
  napi_env env;
  void* context;
  napi_threadsafe_function_call_js call;
  bool referenced{true};
  std::mutex lock;
  std::deque<void*> queue;
  bool closing{false};
  bool gone{false};
};

namespace {

// Node frees ended functions. Here they stay, so that a call of an ended function is not taken for a call of a new
// function at the same address.
struct Graves final {
  std::mutex lock;
  std::vector<napi_threadsafe_function> functions;
};

void Bury(napi_threadsafe_function function) {
  static auto* const graves = new Graves;
  const std::lock_guard<std::mutex> guard(graves->lock);
  graves->functions.push_back(function);
}

}  // namespace

namespace runtime {

bool Dispatch(napi_env env) {
  bool is_referenced = false;
  const std::vector<napi_threadsafe_function> functions = env->functions;
  for (napi_threadsafe_function function : functions) {
    for (;;) {
      void* data = nullptr;
      {
        const std::lock_guard<std::mutex> guard(function->lock);
        if (function->queue.empty()) break;
        data = function->queue.front();
        function->queue.pop_front();
      }
      function->call(env, nullptr, function->context, data);
    }
    is_referenced = is_referenced || function->referenced;
  }
  return is_referenced;
}

void CloseAll(napi_env env) {
  std::vector<napi_threadsafe_function> functions;
  functions.swap(env->functions);
  for (napi_threadsafe_function function : functions) {
    std::deque<void*> queue;
    {
      const std::lock_guard<std::mutex> guard(function->lock);
      queue.swap(function->queue);
      function->gone = true;
    }
    for (void* const data : queue) function->call(nullptr, nullptr, function->context, data);
    Bury(function);
  }
}

namespace {

// A clean-up hook: refuses all later calls.
void StartClosing(void* data) {
  auto* const function = static_cast<napi_threadsafe_function>(data);
  const std::lock_guard<std::mutex> guard(function->lock);
  function->closing = true;
}

}  // namespace
}  // namespace runtime

napi_status napi_create_threadsafe_function(napi_env env, napi_value, napi_value, napi_value, size_t, size_t, void*,
                                            napi_finalize, void* context, napi_threadsafe_function_call_js call,
                                            napi_threadsafe_function* result) {
  runtime::Enter(env);
  auto* const function = new napi_threadsafe_function__;
  function->env = env;
  function->context = context;
  function->call = call;
  env->functions.push_back(function);
  env->hooks.emplace_back(runtime::StartClosing, function);
  *result = function;
  return napi_ok;
}

napi_status napi_call_threadsafe_function(napi_threadsafe_function function, void* data,
                                          napi_threadsafe_function_call_mode) {
  const std::lock_guard<std::mutex> guard(function->lock);
  if (function->gone) runtime::Die("a thread-safe function was called after its environment");
  if (function->closing) return napi_closing;
  function->queue.push_back(data);
  function->env->Wake();
  return napi_ok;
}

napi_status napi_ref_threadsafe_function(napi_env env, napi_threadsafe_function function) {
  runtime::Enter(env);
  function->referenced = true;
  return napi_ok;
}

napi_status napi_unref_threadsafe_function(napi_env env, napi_threadsafe_function function) {
  runtime::Enter(env);
  function->referenced = false;
  return napi_ok;
}
