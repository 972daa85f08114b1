// A miniature of Node-API: as much as the addon calls, over plain C++ objects. It is as strict as Node is at its
// strictest: a thread-safe function is gone with its environment, finalizers run on a later turn, and an environment
// that stops refuses whatever could run JavaScript. A use that Node would not forgive ends the process.

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

// A value of JavaScript. It lives until a collection finds it without roots.
struct Object final {
  Kind kind{Kind::kUndefined};
  double number{0};  // of a number; of a promise, once it is settled
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

// One environment, on the thread that made it.
struct napi_env__ final {
 public:
  explicit napi_env__(bool stopped = false);  // loads the addon; `stopped`: worker.terminate() came first
  ~napi_env__();                              // as Node ends an environment: hooks, last first; handles; finalizers

  // A call of an export. The result lives until the next Turn(), or longer if it is rooted.
  runtime::Object* Call(const char* name, const runtime::Arguments& arguments);
  // The same with numbers; a result that is not a number fails.
  double Number(const char* name, const std::vector<double>& arguments);
  // window() and, where the addon has it, handOut(), which must follow: an ArrayBuffer, or nullptr.
  runtime::Object* Window(double slot, double length);
  // Of the addon's registers, as a double and as an integer.
  [[nodiscard]] double Float(std::size_t index) const;
  [[nodiscard]] std::uint64_t Uint(std::size_t index) const;

  runtime::Object* New(runtime::Kind kind);
  runtime::Object* New(double number);
  runtime::Object* New(const std::string& text);

  // One turn of the event loop: finalizers that are due, thread-safe functions, a collection.
  void Turn();
  // Turns until no thread-safe function keeps the loop alive.
  void RunToEnd();
  // Waits until a thread-safe function was called since the last turn, then makes one.
  void WaitAndTurn();

  // ArrayBuffer.transfer() and postMessage(): another environment has the memory from now on, this one's buffer has
  // none.
  static void Transfer(runtime::Object* buffer);

  // From now on nothing of JavaScript can run: worker.terminate() during the next call.
  void Stop() { stopping = true; }

  // The next external buffer fails so: napi_no_external_buffers_allowed: nothing is made; another one: too late.
  napi_status next_buffer{napi_ok};

  // For the functions of Node-API only.
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

// First in every function of Node-API that is not for other threads: the environment is alive, and this is its thread.
inline void Enter(napi_env env) {
  if (env->over) Die("Node-API was called after the end of its environment");
  if (env->thread != std::this_thread::get_id()) Die("Node-API was called on a foreign thread");
}

// NAPI_PREAMBLE of Node.
[[nodiscard]] inline bool MayRun(napi_env env) {
  Enter(env);
  return env->exception == nullptr && !env->stopping;
}

inline Object* Of(napi_value value) { return reinterpret_cast<Object*>(value); }
inline napi_value ValueOf(Object* object) { return reinterpret_cast<napi_value>(object); }

// The part of threadsafe.cc in the life of an environment.
bool Dispatch(napi_env env);  // whether one is referenced
void CloseAll(napi_env env);

// For an object that a collection has found: its finalizers are due, its weak references are empty.
void ForgetMemory(napi_env env, Object* object);
void ForgetReferences(napi_env env, const Object* object);
void DeleteReferences(napi_env env);

}  // namespace runtime

#endif  // MAPDIRECT_TEST_RUNTIME_H_
