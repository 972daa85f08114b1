#include "rdma/send_queue.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace mapdirect::rdma {
namespace {

constexpr std::uint32_t kWord = 8;

std::size_t ValuesSize(std::uint32_t depth) { return static_cast<std::size_t>(depth) * kWord; }

}  // namespace

int SendQueue::Open() {
  void* const memory = ::mmap(/*addr=*/nullptr, ValuesSize(depth_), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                              /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) return -errno;
  values_ = static_cast<std::uint64_t*>(memory);
  values_region_ = verbs::Loaded()->reg_mr(domain_->Protection(), memory, ValuesSize(depth_), verbs::kLocalWrite);
  return values_region_ == nullptr ? verbs::NegativeErrno() : 0;
}

void SendQueue::Close() {
  for (std::uint32_t slot = 0; slot < depth_; slot++) Release(slot);
  if (values_region_ != nullptr && verbs::Loaded()->dereg_mr(values_region_) != 0) return;
  if (values_ != nullptr) ::munmap(values_, ValuesSize(depth_));
}

int SendQueue::Post(const Request& request) {
  const int added = AddToChain(request);
  if (added == 0 && !request.is_last) return 0;
  const int posted = added == 0 ? PostChain() : added;
  std::uint32_t before = kNone;
  for (const Link& link : chain_) {
    const std::uint32_t slot = link.request.slot;
    if (posted == 0) {
      before_[slot] = std::exchange(before, slot);
    } else {
      Release(slot);
    }
  }
  chain_.clear();
  return posted;
}

int SendQueue::AddToChain(const Request& request) {
  if (chain_.size() >= depth_) return -EINVAL;
  LocalBytes bytes = {};
  if (request.region.address != 0) {
    const int used = domain_->Use(request.region, request.offset, request.length, &bytes);
    if (used != 0) return used;
    regions_[request.slot] = bytes.region;
  }
  chain_.push_back({request, bytes});
  return 0;
}

void SendQueue::Release(std::uint32_t slot) {
  if (regions_[slot] != 0) domain_->Release(regions_[slot]);
  regions_[slot] = 0;
}

void SendQueue::Complete(std::uint32_t slot) {
  for (std::uint32_t done = slot; done != kNone; done = std::exchange(before_[done], kNone)) Release(done);
}

int SendQueue::PostChain() {
  std::uint64_t needed = 0;
  for (const Link& link : chain_) {
    if (link.request.operation == Operation::kFlush) needed |= verbs::kOpFlush;
    if (link.request.operation == Operation::kWriteAtomic) needed |= verbs::kOpAtomicWrite;
  }
  if ((target_.extended_requests & needed) != needed) return -EOPNOTSUPP;
  return needed == 0 ? PostPlain() : PostExtended();
}

int SendQueue::PostPlain() {
  std::vector<verbs::GatherElement> locals(chain_.size());
  std::vector<verbs::SendRequest> requests(chain_.size());
  for (std::size_t i = 0; i < chain_.size(); i++) {
    PutPlain(chain_[i], &locals[i], &requests[i]);
    if (i > 0) requests[i - 1].next = &requests[i];
  }
  verbs::SendRequest* bad = nullptr;
  return verbs::Negative(domain_->Context()->ops.post_send(target_.pair, requests.data(), &bad));
}

void SendQueue::PutPlain(const Link& link, verbs::GatherElement* local, verbs::SendRequest* sent) const {
  const Request& request = link.request;
  const bool is_atomic = request.operation == Operation::kCompareExchange || request.operation == Operation::kFetchAdd;
  *local = {link.bytes.address, request.length, link.bytes.key};
  *sent = {};
  sent->wr_id = request.slot;
  sent->sg_list = local;
  sent->num_sge = 1;
  sent->send_flags = request.is_last ? verbs::kSignaled : 0;
  if (is_atomic) {
    *local = {reinterpret_cast<std::uintptr_t>(&values_[request.slot]), kWord, values_region_->lkey};
    sent->wr.atomic = {request.address, request.operands[0], request.operands[1], request.key};
    sent->opcode = request.operation == Operation::kFetchAdd ? verbs::kRequestFetchAdd : verbs::kRequestCompareSwap;
  } else {
    sent->wr.rdma = {request.address, request.key};
    sent->opcode = request.operation == Operation::kRead ? verbs::kRequestRead : verbs::kRequestWrite;
  }
}

int SendQueue::PostExtended() {
  target_.extended->wr_start(target_.extended);
  for (const Link& link : chain_) PutExtended(link);
  return verbs::Negative(target_.extended->wr_complete(target_.extended));
}

void SendQueue::PutExtended(const Link& link) {
  const Request& request = link.request;
  verbs::ExtendedPair* const pair = target_.extended;
  pair->wr_id = request.slot;
  pair->wr_flags = request.is_last ? verbs::kSignaled : 0;
  switch (request.operation) {
    case Operation::kFlush:
      pair->wr_flush(pair, request.key, request.address, request.length, request.placement, verbs::kFlushRange);
      break;
    case Operation::kWriteAtomic:
      pair->wr_atomic_write(pair, request.key, request.address, &request.operands[0]);
      break;
    default:
      pair->wr_rdma_write(pair, request.key, request.address);
      pair->wr_set_sge(pair, link.bytes.key, link.bytes.address, request.length);
  }
}

}  // namespace mapdirect::rdma
