// The requests of one queue pair: chains that are posted, and the local memory that each request uses.

#ifndef MAPDIRECT_RDMA_SEND_QUEUE_H_
#define MAPDIRECT_RDMA_SEND_QUEUE_H_

#include <cstdint>
#include <vector>

#include "rdma/domain.h"

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

// A queue pair, and the requests beside the plain ones that it was made with.
struct PairToSend final {
  verbs::QueuePair* pair;
  verbs::ExtendedPair* extended;  // nullptr: plain requests only
  std::uint64_t extended_requests;
};

// Used on the thread of its environment.
class SendQueue final {
 public:
  SendQueue(Domain* domain, std::uint32_t depth)
      : domain_(domain), depth_(depth), regions_(depth, 0), before_(depth, kNone) {}
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  // Registers the memory for the results of atomic requests. Returns 0 or a negative errno.
  [[nodiscard]] int Open();
  void Attach(const PairToSend& target) { target_ = target; }
  [[nodiscard]] std::uint64_t Extended() const { return target_.extended_requests; }
  // The queue pair is gone: gives all memory back.
  void Close();

  // Adds a request to the chain. The last one posts the chain: the device gets all of its requests together. Only the
  // last one has a completion, which says that those before it are done, too. A request that fails has one as well, and
  // so has each one behind it. A chain has writes and flushes, or requests of one other kind. Returns 0 or a negative
  // errno; after an error the chain is empty. -ENOENT: no request of the chain was posted. After another error the
  // device may have a part of the chain, and the endpoint must be closed.
  [[nodiscard]] int Post(const Request& request);
  // The request of the slot is done, and those before it in its chain.
  void Complete(std::uint32_t slot);
  // The value that an atomic request of this slot has read.
  [[nodiscard]] std::uint64_t Value(std::uint32_t slot) const { return values_[slot]; }

 private:
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
  void Release(std::uint32_t slot);

  Domain* const domain_;
  const std::uint32_t depth_;
  PairToSend target_{};
  std::uint64_t* values_{nullptr};  // one for each slot: the device writes the results of atomic requests there
  verbs::MemoryRegion* values_region_{nullptr};
  std::vector<std::int64_t> regions_;  // that the request of each slot uses; 0: none
  std::vector<std::uint32_t> before_;  // the slot of the request before it in its chain
  std::vector<Link> chain_;            // not posted yet
};

}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_SEND_QUEUE_H_
