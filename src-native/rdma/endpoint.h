// One reliable connection: a queue pair with a completion queue of its own.

#ifndef MAPDIRECT_RDMA_ENDPOINT_H_
#define MAPDIRECT_RDMA_ENDPOINT_H_

#include <cstdint>
#include <memory>
#include <mutex>

#include "rdma/domain.h"
#include "rdma/send_queue.h"
#include "thread/background.h"

namespace mapdirect::rdma {

// As lib/rdma/connection-blob.ts reads it.
struct Peer final {
  verbs::Gid gid;
  std::uint16_t lid;
  std::uint32_t pair;
  std::uint32_t psn;
};

struct Path final {
  std::uint32_t psn;
  std::uint8_t port;
  std::uint8_t gid_index;
  bool is_global;
  int mtu;
  std::uint8_t timeout;
  std::uint8_t initiator_depth;
  std::uint8_t responder_depth;
};

struct EndpointOptions final {
  std::uint8_t port;
  std::uint32_t depth;
  unsigned access;                  // what the peer may do
  std::uint64_t extended_requests;  // verbs::kOpFlush, verbs::kOpAtomicWrite: the device has them
};

// Used on the thread of its environment, except Cut(), Restore() and Ring(), which the domain calls with its lock held.
class Endpoint final {
 public:
  // Returns nullptr and sets errno.
  [[nodiscard]] static std::unique_ptr<Endpoint> Make(std::shared_ptr<Domain> domain, const EndpointOptions& options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  [[nodiscard]] Domain& Home() const { return *domain_; }
  [[nodiscard]] std::uint32_t Number() const { return pair_->qp_num; }
  [[nodiscard]] const verbs::QueuePair* Pair() const { return pair_; }
  // The extended requests that it can post.
  [[nodiscard]] std::uint64_t Extended() const { return requests_.Extended(); }

  [[nodiscard]] int Connect(const Peer& peer, const Path& path);
  // As SendQueue.
  [[nodiscard]] int Post(const Request& request) { return requests_.Post(request); }
  // Takes completions that have arrived, at most `most`. Returns their number or a negative errno.
  [[nodiscard]] int Reap(verbs::Completion* completions, int most);
  // The same; if there is none, it asks for an event at the next one.
  [[nodiscard]] int ReapOrArm(verbs::Completion* completions, int most);
  [[nodiscard]] std::uint64_t Value(std::uint32_t slot) const { return requests_.Value(slot); }
  [[nodiscard]] std::uint32_t Depth() const { return options_.depth; }
  // `task` is delivered at the next event, or at once if one has come since ReapOrArm().
  void Wait(std::unique_ptr<background::Task> task);
  // Delivers the waiting task.
  void Ring();

  void Cut();
  void Restore();

  const std::int64_t id;

 private:
  Endpoint(std::shared_ptr<Domain> domain, const EndpointOptions& options)
      : id(domains::NextId()), domain_(std::move(domain)), options_(options), requests_(domain_.get(), options.depth) {}
  [[nodiscard]] int Open();
  [[nodiscard]] int OpenPair();
  [[nodiscard]] int SetAccess(unsigned access);

  const std::shared_ptr<Domain> domain_;
  const EndpointOptions options_;
  SendQueue requests_;
  verbs::CompletionQueue* queue_{nullptr};
  verbs::QueuePair* pair_{nullptr};
  std::mutex lock_;  // guards the members below
  std::unique_ptr<background::Task> waiting_;
  bool has_rung_{false};  // an event came while no task waited
  bool is_connected_{false};
  bool is_cut_{false};
};

namespace endpoints {

// The table of the process. An endpoint is found and closed on the thread of its environment.
std::int64_t Add(std::unique_ptr<Endpoint> endpoint);
[[nodiscard]] Endpoint* Find(std::int64_t id);
void Close(std::int64_t id);
void DropAllOf(const Environment* owner);

}  // namespace endpoints
}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_ENDPOINT_H_
