// One call of waitAsync().

#ifndef MAPDIRECT_WAITER_H_
#define MAPDIRECT_WAITER_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "futex/futex_syscalls.h"
#include "memory/ranges.h"
#include "thread/background.h"

namespace mapdirect {

class Environment;

// A user of its range, so the addresses stay until it is destroyed. The table owns it (waiters.h), and then the mailbox
// of its environment. Its thread writes the fields under "The thread", and the lock of the table guards the others.
class Waiter final : public background::Task {
 public:
  struct Request final {
    Range* range;
    futex::Word* word;
    futex::Word expected;
    futex::Time deadline;
    const Environment* owner;
  };

  Waiter(napi_deferred deferred, std::shared_ptr<Mailbox> mailbox, const Request& asked)
      : Task(deferred, std::move(mailbox)), request(asked) {
    ranges::AddUser(request.range);
  }
  ~Waiter() override { ranges::DropUser(request.range); }

  // Sends the result to the environment, or destroys the waiter if that has ended.
  static void Deliver(std::unique_ptr<Waiter> waiter) {
    waiter->Run();
    const std::shared_ptr<Mailbox> home = waiter->Home();
    home->Deliver(std::move(waiter));
  }

  const Request request;
  std::int64_t id{0};
  bool is_new{true};  // its thread has not waited for it yet
  bool cancelled{false};
  bool notified{false};  // past the kernel, by a thread of this process
  // By a notify() for which the kernel found no waiter. If the kernel has woken this one, that was another notify().
  bool notified_alone{false};
  bool has_ended{false};  // `outcome` is final
  std::int64_t outcome{0};

  // The thread.
  bool woken{false};          // by the kernel
  bool perhaps_woken{false};  // the kernel does not tell; another value of the word will
  bool changed{false};        // the word has another value
  int failure{0};             // a negative errno

 private:
  std::int64_t Call() override { return outcome; }
};

}  // namespace mapdirect

#endif  // MAPDIRECT_WAITER_H_
