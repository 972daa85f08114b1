// One reliable connection: a queue pair with a completion queue of its own.

#ifndef MAPDIRECT_RDMA_ENDPOINT_H_
#define MAPDIRECT_RDMA_ENDPOINT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "rdma/domain.h"
#include "thread/background.h"

namespace mapdirect::rdma {

// The numbers of lib/rdma/post.ts.
enum class Operation { kWrite = 0, kRead = 1, kFlush = 2, kWriteAtomic = 3, kCompareExchange = 4, kFetchAdd = 5 };

struct Request final {
  Operation operation;
  std::uint32_t slot;  // names the request in its completion; below the depth
  RegionName region;   // of the local bytes; address 0: none
  std::size_t offset;  // in the region
  std::uint32_t length;
  std::uint64_t address;  // at the peer
  std::uint32_t key;
  std::uint64_t operands[2];
  std::uint8_t placement;
  bool is_last;  // of its chain
};

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
  [[nodiscard]] std::uint64_t Extended() const { return extended_requests_; }

  [[nodiscard]] int Connect(const Peer& peer, const Path& path);
  // Adds a request to the chain. The last one posts the chain: the device gets all of its requests together. Only the
  // last one has a completion, which says that those before it are done, too. A request that fails has one as well, and
  // so has each one behind it. A chain has writes and flushes, or requests of one other kind. Returns 0 or a negative
  // errno; after an error the chain is empty. -ENOENT: no request of the chain was posted. After another error the
  // device may have a part of the chain, and the endpoint must be closed.
  [[nodiscard]] int Post(const Request& request);
  // Takes completions that have arrived, at most `most`. If there is none, it asks for an event at the next one.
  // Returns their number or a negative errno.
  [[nodiscard]] int Reap(verbs::Completion* completions, int most);
  // The value that an atomic request of this slot has read.
  [[nodiscard]] std::uint64_t Value(std::uint32_t slot) const { return values_[slot]; }
  [[nodiscard]] std::uint32_t Depth() const { return options_.depth; }
  // `task` is delivered at the next event, or at once if one has come since Reap().
  void Wait(std::unique_ptr<background::Task> task);
  // Delivers the waiting task.
  void Ring();

  void Cut();
  void Restore();

  const std::int64_t id;

 private:
  Endpoint(std::shared_ptr<Domain> domain, const EndpointOptions& options)
      : id(domains::NextId()),
        domain_(std::move(domain)),
        options_(options),
        regions_(options.depth, 0),
        before_(options.depth, kNone) {}
  [[nodiscard]] int Open();
  [[nodiscard]] int OpenPair();
  [[nodiscard]] int OpenValues();
  // A request, and the place of its local bytes.
  struct Link final {
    Request request;
    LocalBytes bytes;
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;  // no slot
  [[nodiscard]] int AddToChain(const Request& request);
  [[nodiscard]] int PostChain();
  [[nodiscard]] int PostPlain();
  [[nodiscard]] int PostExtended();
  void PutExtended(const Link& link);
  void PutPlain(const Link& link, verbs::GatherElement* local, verbs::SendRequest* sent) const;
  [[nodiscard]] int SetAccess(unsigned access);
  void Release(std::uint32_t slot);
  // The request of the slot is done, and those before it in its chain.
  void Complete(std::uint32_t slot);

  const std::shared_ptr<Domain> domain_;
  const EndpointOptions options_;
  verbs::CompletionQueue* queue_{nullptr};
  verbs::QueuePair* pair_{nullptr};
  verbs::ExtendedPair* extended_pair_{nullptr};
  std::uint64_t extended_requests_{0};
  std::uint64_t* values_{nullptr};  // one for each slot: the device writes the results of atomic requests there
  verbs::MemoryRegion* values_region_{nullptr};
  std::vector<std::int64_t> regions_;  // that the request of each slot uses; 0: none
  std::vector<std::uint32_t> before_;  // the slot of the request before it in its chain
  std::vector<Link> chain_;            // not posted yet
  std::mutex lock_;                    // guards the members below
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
