// A miniature of Node-API with the functions that the addon calls, over plain C++ objects. It is as strict as the
// strictest Node: a thread-safe function ends with its environment, finalizers run on a later turn, and a stopping
// environment refuses every call that could run JavaScript. Misuse ends the process.

#ifndef MAPDIRECT_TEST_RUNTIME_H_
#define MAPDIRECT_TEST_RUNTIME_H_

#include <node_api.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace runtime {

// Prints the message and ends the process, without a core and without a second report.
[[noreturn]] void Die(const char* format, ...) __attribute__((format(printf, 1, 2)));

struct Finalizer final {
  napi_finalize call{nullptr};
  void* data{nullptr};
  void* hint{nullptr};
};

enum class Kind { kUndefined, kNumber, kString, kObject, kFunction, kBuffer, kArray, kPromise };

struct Object;
struct Backing;  // memory of an external buffer: see memory.cc
using Arguments = std::vector<Object*>;

// A value of JavaScript. It lives until a collection that finds it without roots.
struct Object final {
  Kind kind{Kind::kUndefined};
  double number{0};  // of a number, or of a settled promise
  std::string text;
  std::map<std::string, Object*> properties;
  std::function<Object*(const Arguments&)> function;
  char* memory{nullptr};  // of a buffer or of an array of numbers
  std::size_t length{0};
  std::unique_ptr<char[]> own;  // memory that is not external
  Backing* backing{nullptr};    // of external memory
  std::vector<Finalizer> finalizers;
  Object* buffer{nullptr};  // of an array of numbers
  bool settled{false};
  unsigned roots{0};
};

}  // namespace runtime

// One environment, used on the thread that created it.
struct napi_env__ final {
 public:
  explicit napi_env__(bool stopped = false);  // loads the addon; `stopped`: after worker.terminate()
  ~napi_env__();                              // like Node: hooks in reverse order, handles, finalizers

  // Calls an export. The result lives until the next Turn(), or longer if it has a root.
  runtime::Object* Call(const char* name, const runtime::Arguments& arguments);
  // The same with numbers; fails if the result is not a number.
  double Number(const char* name, const std::vector<double>& arguments);
  // Calls window() and then handOut(). Returns an ArrayBuffer, or nullptr.
  runtime::Object* Window(double slot, double length);
  // A register of the addon, as a double and as an integer.
  [[nodiscard]] double Float(std::size_t index) const;
  [[nodiscard]] std::uint64_t Uint(std::size_t index) const;

  runtime::Object* New(runtime::Kind kind);
  runtime::Object* New(double number);
  runtime::Object* New(const std::string& text);

  // One turn of the event loop: pending finalizers, thread-safe functions, a collection.
  void Turn();
  // Turns until no thread-safe function keeps the loop alive.
  void RunToEnd();
  // Waits for a call of a thread-safe function since the last turn, then makes one turn.
  void WaitAndTurn();

  // ArrayBuffer.transfer() and postMessage(): moves the memory to another environment and leaves this buffer empty.
  static void Transfer(runtime::Object* buffer);

  // worker.terminate() during the next call: from now on no JavaScript can run.
  void Stop() { stopping = true; }

  // The status of the next external buffer. napi_no_external_buffers_allowed: no buffer is created. Another failure: it
  // comes after the buffer was created.
  napi_status next_buffer{napi_ok};

  // Used by the functions of Node-API only.
  void Collect(bool everything);
  void Due(const runtime::Finalizer& finalizer);
  void Wake();

  const std::thread::id thread{std::this_thread::get_id()};
  bool stopping{false};
  bool over{false};
  runtime::Object* exception{nullptr};
  std::vector<std::unique_ptr<runtime::Object>> heap;
  std::vector<std::pair<void (*)(void*), void*>> hooks;
  std::deque<runtime::Finalizer> immediates;
  std::vector<napi_threadsafe_function> functions;
  std::set<napi_ref> references;
  runtime::Finalizer instance;

 private:
  runtime::Object* exports_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool woken_{false};
};

namespace runtime {

// The first call in every function of Node-API that is bound to a thread. Checks that the environment is alive and that
// this is its thread.
inline void Enter(napi_env env) {
  if (env->over) Die("Node-API was called after the end of its environment");
  if (env->thread != std::this_thread::get_id()) Die("Node-API was called on a foreign thread");
}

// Like NAPI_PREAMBLE of Node.
[[nodiscard]] inline bool MayRun(napi_env env) {
  Enter(env);
  return env->exception == nullptr && !env->stopping;
}

inline Object* Of(napi_value value) { return reinterpret_cast<Object*>(value); }
inline napi_value ValueOf(Object* object) { return reinterpret_cast<napi_value>(object); }

// Steps of an environment that threadsafe.cc implements.
bool Dispatch(napi_env env);  // returns true if a function is referenced
void CloseAll(napi_env env);

// For a collected object: makes its finalizers pending and clears its weak references.
void ForgetMemory(napi_env env, Object* object);
void ForgetReferences(napi_env env, const Object* object);

}  // namespace runtime

#endif  // MAPDIRECT_TEST_RUNTIME_H_
