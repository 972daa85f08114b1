// Tests whether a mapping with a certain flag seals its file: maps a scratch file, then truncates it to its own size.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "thread/thread.h"
#include "thread/timed_condition.h"

namespace mapdirect {
namespace {

// Shared with the thread that truncates. That thread may need longer than this one waits, because the kernel may have
// to break a lease first.
struct Question final {
  int fd;
  off_t length;
  std::mutex lock;
  TimedCondition answered;
  bool done{false};
  std::int64_t result{0};
};

void* Ask(void* argument) {
  const std::unique_ptr<std::shared_ptr<Question>> question(static_cast<std::shared_ptr<Question>*>(argument));
  Question& asked = **question;
  const std::int64_t result = Result(::ftruncate(asked.fd, asked.length));
  ::close(asked.fd);
  const std::lock_guard<std::mutex> guard(asked.lock);
  asked.result = result;
  asked.done = true;
  asked.answered.NotifyAll();
  return nullptr;
}

std::int64_t TruncateWithin(int fd, off_t length, std::chrono::milliseconds span) {
  auto question = std::make_shared<Question>();
  question->fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  question->length = length;
  if (question->fd < 0) return -errno;
  auto argument = std::make_unique<std::shared_ptr<Question>>(question);
  if (!StartThread("mapdirect-probe", Ask, argument.get())) {
    ::close(question->fd);
    return -EAGAIN;
  }
  static_cast<void>(argument.release());  // Ask owns it
  std::unique_lock<std::mutex> guard(question->lock);
  const bool done = question->answered.WaitFor(guard, span, [&question] { return question->done; });
  return done ? question->result : -ETIMEDOUT;
}

}  // namespace

// tryDirect(fd, length, flags, milliseconds) -> result of ftruncate(2) under such a mapping (-ETXTBSY: the mapping
// seals the file; -ETIMEDOUT: no result in time), or 1: mmap(2) failed, its errno is in register 0
Napi::Value TryDirect(const Napi::CallbackInfo& info) {
  const int fd = DescriptorArg(info, 0);
  const std::size_t length = Size(info, 1);
  if (::ftruncate(fd, static_cast<off_t>(length)) != 0) return Return(info, -errno);
  void* const base = ::mmap(/*addr=*/nullptr, length, PROT_READ | PROT_WRITE, FreeFlags(info, 2), fd, /*offset=*/0);
  if (base == MAP_FAILED) {
    Environment::Of(info.Env()).SetFloat(0, -errno);
    return Return(info, 1);
  }
  const std::int64_t result = TruncateWithin(fd, static_cast<off_t>(length), Span(info, 3));
  ::munmap(base, length);
  return Return(info, result);
}

}  // namespace mapdirect
