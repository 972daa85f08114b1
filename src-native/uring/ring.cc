#include "uring/ring.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "thread/poll_thread.h"
#include "uring/uring_syscalls.h"

namespace mapdirect::uring {
namespace {

using Guard = std::lock_guard<std::mutex>;

// How long Revoke() waits for requests under way. A file system that hangs then holds up the fence: it is tried again.
constexpr std::chrono::seconds kPatience{10};

std::int64_t NextId() {
  static std::atomic<std::int64_t> last{0};
  return ++last;
}

void Ready(std::uint64_t number) {
  const std::shared_ptr<Ring> ring = rings::Find(static_cast<std::int64_t>(number));
  if (ring != nullptr) ring->Wake();
}

PollThread& Thread() {
  static auto* const thread = new PollThread("mapdirect-ring", Ready);
  return *thread;
}

// A member of the queues that the kernel shares with us.
std::uint32_t* At(void* queues, std::uint32_t offset) {
  return reinterpret_cast<std::uint32_t*>(static_cast<char*>(queues) + offset);
}

std::uint32_t Acquire(const std::uint32_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
void Release(std::uint32_t* word, std::uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

// Returns nullptr and sets errno.
void* Map(int fd, std::size_t length, off_t what) {
  void* const mapped = ::mmap(/*addr=*/nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
  return mapped == MAP_FAILED ? nullptr : mapped;
}

// A request for another kind of file may wait for ever, and a fence would wait for it.
int CheckFile(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return -errno;
  return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) ? 0 : -EINVAL;
}

}  // namespace

std::shared_ptr<Ring> Ring::Make(const Environment* owner, void* address, std::size_t length, int lock, int* error) {
  std::shared_ptr<Ring> ring(new Ring(owner, address, length));
  *error = ring->Open(lock);
  if (*error != 0) return nullptr;
  rings::Add(ring);
  return ring;
}

Ring::Ring(const Environment* of, void* address, std::size_t length)
    : id(NextId()), owner(of), address_(reinterpret_cast<std::uintptr_t>(address)), length_(length) {}

Ring::~Ring() {
  Close();
  DeliverWaiting();
}

int Ring::Open(int lock) {
  io_uring_params params = {};
  fd_ = Setup(kDepth, &params);
  if (fd_ < 0) return std::exchange(fd_, -1);
  const int mapped = OpenQueues(params);
  if (mapped != 0) return mapped;
  const int registered = RegisterBuffer(fd_, reinterpret_cast<void*>(address_), length_);
  if (registered != 0) return registered;
  const int kept = lock < 0 ? 0 : RegisterFile(fd_, lock);
  if (kept != 0) return kept;
  has_lock_ = lock >= 0;
  return Thread().Add(fd_, EPOLLONESHOT, static_cast<std::uint64_t>(id));  // Wait() asks for EPOLLIN
}

int Ring::OpenQueues(const io_uring_params& params) {
  const auto& [submission, completion] = std::pair(params.sq_off, params.cq_off);
  queues_length_ = std::max<std::size_t>(submission.array + params.sq_entries * sizeof(std::uint32_t),
                                         completion.cqes + params.cq_entries * sizeof(io_uring_cqe));
  entries_length_ = params.sq_entries * sizeof(io_uring_sqe);
  queues_ = Map(fd_, queues_length_, IORING_OFF_SQ_RING);
  if (queues_ == nullptr) return -errno;
  entries_ = static_cast<io_uring_sqe*>(Map(fd_, entries_length_, IORING_OFF_SQES));
  if (entries_ == nullptr) return -errno;
  submission_tail_ = At(queues_, submission.tail);
  submission_mask_ = *At(queues_, submission.ring_mask);
  completion_head_ = At(queues_, completion.head);
  completion_tail_ = At(queues_, completion.tail);
  completion_mask_ = *At(queues_, completion.ring_mask);
  completions_ = reinterpret_cast<const io_uring_cqe*>(At(queues_, completion.cqes));
  std::uint32_t* const order = At(queues_, submission.array);
  for (std::uint32_t i = 0; i < params.sq_entries; i++) order[i] = i;
  return 0;
}

int Ring::Submit(const Request& request) {
  if (request.offset > length_ || request.length > length_ - request.offset) return -EINVAL;
  const int checked = CheckFile(request.fd);
  if (checked != 0) return checked;
  const Guard guard(lock_);
  if (is_cut_ || fd_ < 0) return -ECANCELED;
  if (under_way_ >= kDepth) return -EAGAIN;
  const std::uint32_t tail = *submission_tail_;
  io_uring_sqe entry = {};
  entry.opcode = request.operation == Operation::kRead ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED;
  entry.fd = request.fd;
  entry.off = request.position;
  entry.addr = address_ + request.offset;
  entry.len = request.length;
  entry.user_data = request.slot;
  entries_[tail & submission_mask_] = entry;
  Release(submission_tail_, tail + 1);
  const int taken = SubmitOne(fd_);
  if (taken == 1) {
    under_way_++;
    return 0;
  }
  Release(submission_tail_, tail);  // the kernel reads it in SubmitOne() only
  return taken == 0 || taken == -EBUSY || taken == -EINTR ? -EAGAIN : taken;
}

int Ring::Take(Completion* completions, int most) {
  const std::uint32_t head = *completion_head_;
  const auto there = static_cast<int>(Acquire(completion_tail_) - head);
  const int count = std::min(there, most);
  for (int i = 0; i < count; i++) {
    const io_uring_cqe& entry = completions_[(head + static_cast<std::uint32_t>(i)) & completion_mask_];
    completions[i] = {entry.user_data, entry.res};
  }
  Release(completion_head_, head + static_cast<std::uint32_t>(count));
  under_way_ -= static_cast<unsigned>(count);
  return count;
}

int Ring::Reap(Completion* completions, int most) {
  const Guard guard(lock_);
  if (fd_ >= 0) return is_cut_ ? 0 : Take(completions, most);  // Revoke() counts on what is under way
  const int count = std::min(static_cast<int>(finished_.size()), most);
  std::copy_n(finished_.end() - count, count, completions);
  finished_.resize(finished_.size() - static_cast<std::size_t>(count));
  return count;
}

void Ring::Wait(std::unique_ptr<background::Task> task) {
  const Guard guard(lock_);
  waiting_ = std::move(task);
  if (fd_ < 0) {
    DeliverWaiting();
  } else if (!is_cut_) {
    static_cast<void>(Thread().Change(fd_, EPOLLIN | EPOLLONESHOT, static_cast<std::uint64_t>(id)));
  }
}

void Ring::Wake() {
  const Guard guard(lock_);
  if (!is_cut_) DeliverWaiting();  // else Revoke() does
}

void Ring::DeliverWaiting() {
  if (waiting_ == nullptr) return;
  const std::shared_ptr<Mailbox> home = waiting_->Home();
  home->Deliver(std::move(waiting_));
}

void Ring::CutOff() {
  const Guard guard(lock_);
  is_cut_ = true;
}

int Ring::Revoke() {
  int ring = -1;
  unsigned count = 0;
  {
    const Guard guard(lock_);
    if (fd_ < 0) return 0;
    if (!is_cut_ && under_way_ > 0) return -EBUSY;
    is_cut_ = true;  // from now on only this function takes completions
    ring = fd_;
    count = under_way_;
  }
  if (count > 0) {
    int waited = 0;
    do {
      waited = WaitFor(ring, count, kPatience);
    } while (waited == -EINTR);
  }
  const Guard guard(lock_);
  if (fd_ < 0) return 0;  // another thread has done it meanwhile
  if (Acquire(completion_tail_) - *completion_head_ < count) return -ETIMEDOUT;
  const int unregistered = Unregister();
  if (unregistered != 0) return unregistered;
  finished_.resize(count);
  static_cast<void>(Take(finished_.data(), static_cast<int>(count)));
  Close();
  DeliverWaiting();
  return 0;
}

// The kernel frees a closed ring later. The lock and the lease of the seal must not wait for that.
int Ring::Unregister() {
  if (has_lock_) {
    const int let_go = UnregisterFiles(fd_);
    if (let_go != 0) return let_go;
    has_lock_ = false;
  }
  return UnregisterBuffers(fd_);
}

void Ring::Close() {
  if (fd_ < 0) return;
  Thread().Remove(fd_);
  if (entries_ != nullptr) ::munmap(entries_, entries_length_);
  if (queues_ != nullptr) ::munmap(queues_, queues_length_);
  ::close(std::exchange(fd_, -1));
}

Buffer::~Buffer() { static_cast<void>(ring_->Revoke()); }

namespace rings {
namespace {

struct Table final {
  std::mutex lock;
  std::unordered_map<std::int64_t, std::shared_ptr<Ring>> rings;
};

// Never destroyed: the thread may outlive static destruction at exit.
Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

}  // namespace

void Add(const std::shared_ptr<Ring>& ring) {
  Table& table = TheTable();
  const Guard guard(table.lock);
  table.rings.emplace(ring->id, ring);
}

std::shared_ptr<Ring> Find(std::int64_t id) {
  Table& table = TheTable();
  const Guard guard(table.lock);
  const auto found = table.rings.find(id);
  return found == table.rings.end() ? nullptr : found->second;
}

void Drop(std::int64_t id) {
  const std::shared_ptr<Ring> last = Find(id);  // destroyed without the lock
  Table& table = TheTable();
  const Guard guard(table.lock);
  table.rings.erase(id);
}

void DropAllOf(const Environment* owner) {
  std::vector<std::shared_ptr<Ring>> last;
  Table& table = TheTable();
  const Guard guard(table.lock);
  for (auto each = table.rings.begin(); each != table.rings.end();) {
    const auto ring = each++;
    if (ring->second->owner != owner) continue;
    last.push_back(std::move(ring->second));
    table.rings.erase(ring);
  }
}

}  // namespace rings
}  // namespace mapdirect::uring
