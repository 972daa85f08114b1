// One io_uring with one registered buffer, which is a registration of the ledger.
//
//   Submit() ─► submission queue ─► kernel: bytes between a file and the buffer ─► completion queue ─► Reap()
//                                                                                        │ ready
//                                                         thread of ring.cc ◄────────────┘
//
// A request that is under way cannot be taken back, and the buffer may go only after the last of them. So Revoke()
// waits for them, on whatever thread the ledger runs it; JavaScript takes their results afterwards.

#ifndef MAPDIRECT_URING_RING_H_
#define MAPDIRECT_URING_RING_H_

#include <linux/io_uring.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "registration/ledger.h"
#include "thread/background.h"

namespace mapdirect::uring {

// Requests of one ring that can be under way at once.
constexpr unsigned kDepth = 256;

enum class Operation { kRead = 0, kWrite = 1 };  // as lib/backend/native/uring-calls.ts numbers them

struct Request final {
  Operation operation;
  std::uint32_t slot;  // < kDepth; the completion has it
  int fd;
  std::uint64_t position;  // in the file
  std::size_t offset;      // in the buffer
  std::uint32_t length;
};

struct Completion final {
  std::uint64_t slot;
  std::int32_t result;  // bytes, or a negative errno
};

// Any thread. The table of rings owns it, together with its Buffer in the ledger.
class Ring final {
 public:
  // `lock`: the descriptor that carries the lock of the seal, or -1. The ring keeps its open file description. If the
  // process is killed, the kernel ends the requests under way later than the process: the lock must stay until then.
  // Returns nullptr and sets `error` to a negative errno.
  [[nodiscard]] static std::shared_ptr<Ring> Make(const Environment* owner, void* address, std::size_t length, int lock,
                                                  int* error);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Returns 0. -ECANCELED: it was cut off. -EAGAIN: kDepth requests are under way, or the kernel has no memory.
  // -EINVAL: neither a regular file nor a block device, which alone always complete; or not within the buffer.
  [[nodiscard]] int Submit(const Request& request);
  // Takes completions, at most `most`. Returns their number.
  [[nodiscard]] int Reap(Completion* completions, int most);
  // `task` is delivered when there may be a completion.
  void Wait(std::unique_ptr<background::Task> task);
  // Delivers the waiting task.
  void Wake();

  void CutOff();
  // As Registered::Revoke().
  [[nodiscard]] int Revoke();

  const std::int64_t id;
  const Environment* const owner;

 private:
  Ring(const Environment* owner, void* address, std::size_t length);
  [[nodiscard]] int Open(int lock);
  [[nodiscard]] int OpenQueues(const io_uring_params& params);
  // These need the lock.
  [[nodiscard]] int Take(Completion* completions, int most);
  [[nodiscard]] int Unregister();
  void DeliverWaiting();
  void Close();

  const std::uintptr_t address_;
  const std::size_t length_;
  std::mutex lock_;  // guards the members below
  int fd_{-1};       // -1: revoked
  bool has_lock_{false};
  void* queues_{nullptr};
  std::size_t queues_length_{0};
  io_uring_sqe* entries_{nullptr};
  std::size_t entries_length_{0};
  std::uint32_t* submission_tail_{nullptr};
  std::uint32_t submission_mask_{0};
  std::uint32_t* completion_head_{nullptr};
  std::uint32_t* completion_tail_{nullptr};
  std::uint32_t completion_mask_{0};
  const io_uring_cqe* completions_{nullptr};
  unsigned under_way_{0};             // submitted, and not taken
  std::vector<Completion> finished_;  // what Revoke() has taken
  std::unique_ptr<background::Task> waiting_;
  bool is_cut_{false};
};

// The side of the ledger.
class Buffer final : public Registered {
 public:
  explicit Buffer(std::shared_ptr<Ring> ring) : ring_(std::move(ring)) {}
  ~Buffer() override;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void CutOff() override { ring_->CutOff(); }
  [[nodiscard]] int Revoke() override { return ring_->Revoke(); }

 private:
  const std::shared_ptr<Ring> ring_;
};

namespace rings {

// The table of the process. Ids are > 0 and never used again.
void Add(const std::shared_ptr<Ring>& ring);
[[nodiscard]] std::shared_ptr<Ring> Find(std::int64_t id);
void Drop(std::int64_t id);
// The end of an environment, whose registrations are revoked.
void DropAllOf(const Environment* owner);

}  // namespace rings
}  // namespace mapdirect::uring

#endif  // MAPDIRECT_URING_RING_H_
