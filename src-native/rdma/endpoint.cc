#include "rdma/endpoint.h"

#include <cerrno>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mapdirect::rdma {
namespace {

// Soft RoCE takes 7 for "without end". lib/rdma/timeout.ts counts on this number.
constexpr std::uint8_t kRetries = 6;
constexpr std::uint8_t kRnrRetries = 7;  // without end
constexpr std::uint8_t kRnrTimer = 12;   // 0.64 ms; there are no receives, so it never counts
constexpr std::uint8_t kHopLimit = 64;

constexpr std::uint64_t kPlainRequests = verbs::kOpWrite | verbs::kOpRead | verbs::kOpCompareSwap | verbs::kOpFetchAdd;

}  // namespace

std::unique_ptr<Endpoint> Endpoint::Make(std::shared_ptr<Domain> domain, const EndpointOptions& options) {
  std::unique_ptr<Endpoint> made(new Endpoint(std::move(domain), options));
  const int opened = made->Open();
  if (opened == 0) {
    made->domain_->Add(made.get());
    return made;
  }
  made.reset();
  errno = -opened;
  return nullptr;
}

int Endpoint::Open() {
  errno = 0;
  queue_ = verbs::Loaded()->create_cq(domain_->Context(), static_cast<int>(options_.depth),
                                      reinterpret_cast<void*>(static_cast<std::intptr_t>(id)), domain_->Channel(),
                                      /*vector=*/0);
  if (queue_ == nullptr) return verbs::NegativeErrno();
  const int opened = requests_.Open();
  if (opened != 0) return opened;
  const int pair = OpenPair();
  if (pair != 0) return pair;
  verbs::PairAttributes attributes = {};
  attributes.qp_state = verbs::kStateInit;
  attributes.port_num = options_.port;
  attributes.qp_access_flags = options_.access;
  return verbs::Negative(verbs::Loaded()->modify_qp(
      pair_, &attributes, verbs::kSetState | verbs::kSetPkey | verbs::kSetPort | verbs::kSetAccess));
}

// Whether the provider knows a request shows only when a queue pair is made with it.
int Endpoint::OpenPair() {
  const verbs::Library& library = *verbs::Loaded();
  verbs::ExtendedPairInit init = {};
  init.qp_context = reinterpret_cast<void*>(static_cast<std::intptr_t>(id));
  init.send_cq = queue_;
  init.recv_cq = queue_;
  init.cap = {options_.depth, /*max_recv_wr=*/0, /*max_send_sge=*/1, /*max_recv_sge=*/0, /*max_inline_data=*/0};
  init.qp_type = verbs::kReliableConnection;
  init.comp_mask = verbs::kInitHasDomain | verbs::kInitHasSendOps;
  init.pd = domain_->Protection();
  const verbs::ExtendedContext* const extended = verbs::Extended(domain_->Context());
  const bool can_extend = extended != nullptr && extended->create_qp_ex != nullptr && library.qp_to_qp_ex != nullptr;
  for (const std::uint64_t wanted : {verbs::kOpFlush | verbs::kOpAtomicWrite, verbs::kOpAtomicWrite}) {
    const std::uint64_t requests = wanted & options_.extended_requests;
    if (!can_extend || requests == 0 || pair_ != nullptr) continue;
    init.send_ops_flags = kPlainRequests | requests;
    pair_ = extended->create_qp_ex(domain_->Context(), &init);
    if (pair_ == nullptr) continue;
    verbs::ExtendedPair* const sender = library.qp_to_qp_ex(pair_);
    requests_.Attach({pair_, sender, sender == nullptr ? 0 : requests});
  }
  if (pair_ != nullptr) return 0;
  verbs::PairInit plain = {init.qp_context, queue_, queue_, /*srq=*/nullptr, init.cap, init.qp_type, /*sq_sig_all=*/0};
  errno = 0;
  pair_ = library.create_qp(domain_->Protection(), &plain);
  if (pair_ == nullptr) return verbs::NegativeErrno();
  requests_.Attach({pair_, /*extended=*/nullptr, /*extended_requests=*/0});
  return 0;
}

Endpoint::~Endpoint() {
  const verbs::Library& library = *verbs::Loaded();
  domain_->Remove(this);
  Ring();  // the task that waits keeps the event loop alive
  // A queue pair that stays could still write into the memory: then that memory stays, too.
  if (pair_ != nullptr && library.destroy_qp(pair_) != 0) return;
  if (queue_ != nullptr) library.destroy_cq(queue_);
  requests_.Close();
}

int Endpoint::Connect(const Peer& peer, const Path& path) {
  const verbs::Library& library = *verbs::Loaded();
  const std::lock_guard<std::mutex> guard(lock_);
  verbs::PairAttributes attributes = {};
  attributes.qp_state = verbs::kStateReadyToReceive;
  attributes.path_mtu = path.mtu;
  attributes.rq_psn = peer.psn;
  attributes.dest_qp_num = peer.pair;
  attributes.qp_access_flags = is_cut_ ? 0 : options_.access;
  attributes.max_dest_rd_atomic = path.responder_depth;
  attributes.min_rnr_timer = kRnrTimer;
  attributes.ah_attr.dlid = peer.lid;
  attributes.ah_attr.port_num = path.port;
  attributes.ah_attr.is_global = path.is_global ? 1 : 0;
  attributes.ah_attr.grh.dgid = peer.gid;
  attributes.ah_attr.grh.sgid_index = path.gid_index;
  attributes.ah_attr.grh.hop_limit = kHopLimit;
  const int received = verbs::Negative(
      library.modify_qp(pair_, &attributes,
                        verbs::kSetState | verbs::kSetPath | verbs::kSetMtu | verbs::kSetPeer | verbs::kSetReceivePsn |
                            verbs::kSetResponderDepth | verbs::kSetRnrTimer | verbs::kSetAccess));
  if (received != 0) return received;
  attributes = {};
  attributes.qp_state = verbs::kStateReadyToSend;
  attributes.sq_psn = path.psn;
  attributes.timeout = path.timeout;
  attributes.retry_cnt = kRetries;
  attributes.rnr_retry = kRnrRetries;
  attributes.max_rd_atomic = path.initiator_depth;
  const int sent =
      verbs::Negative(library.modify_qp(pair_, &attributes,
                                        verbs::kSetState | verbs::kSetTimeout | verbs::kSetRetries |
                                            verbs::kSetRnrRetries | verbs::kSetSendPsn | verbs::kSetInitiatorDepth));
  is_connected_ = sent == 0;
  return sent;
}

int Endpoint::Reap(verbs::Completion* completions, int most) {
  const int found = domain_->Context()->ops.poll_cq(queue_, most, completions);
  for (int i = 0; i < found; i++) requests_.Complete(static_cast<std::uint32_t>(completions[i].wr_id));
  return found < 0 ? -EIO : found;
}

// The event is asked for before the last look, so no completion is missed.
int Endpoint::ReapOrArm(verbs::Completion* completions, int most) {
  const int found = Reap(completions, most);
  if (found != 0) return found;
  const int asked = verbs::Negative(domain_->Context()->ops.req_notify_cq(queue_, /*solicited_only=*/0));
  return asked != 0 ? asked : Reap(completions, most);
}

void Endpoint::Wait(std::unique_ptr<background::Task> task) {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    if (!has_rung_) {
      waiting_ = std::move(task);
      return;
    }
    has_rung_ = false;
  }
  const std::shared_ptr<Mailbox> home = task->Home();
  home->Deliver(std::move(task));
}

void Endpoint::Ring() {
  std::unique_ptr<background::Task> task;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    task = std::move(waiting_);
    has_rung_ = task == nullptr;
  }
  if (task == nullptr) return;
  const std::shared_ptr<Mailbox> home = task->Home();
  home->Deliver(std::move(task));
}

int Endpoint::SetAccess(unsigned access) {
  verbs::PairAttributes attributes = {};
  attributes.qp_access_flags = access;
  return verbs::Negative(verbs::Loaded()->modify_qp(pair_, &attributes, verbs::kSetAccess));
}

// Without rights the peer hears an error at once. In the state ERROR it would only hear nothing, until its timeout.
void Endpoint::Cut() {
  const std::lock_guard<std::mutex> guard(lock_);
  is_cut_ = true;
  if (!is_connected_ || options_.access == 0 || SetAccess(0) == 0) return;
  verbs::PairAttributes attributes = {};
  attributes.qp_state = verbs::kStateError;
  static_cast<void>(verbs::Loaded()->modify_qp(pair_, &attributes, verbs::kSetState));
}

void Endpoint::Restore() {
  const std::lock_guard<std::mutex> guard(lock_);
  is_cut_ = false;
  // Fails if the connection has failed meanwhile: then there is nothing to restore.
  if (is_connected_ && options_.access != 0) static_cast<void>(SetAccess(options_.access));
}

namespace endpoints {
namespace {

struct Table final {
  std::mutex lock;
  std::unordered_map<std::int64_t, std::unique_ptr<Endpoint>> all;
};

Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

}  // namespace

std::int64_t Add(std::unique_ptr<Endpoint> endpoint) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const std::int64_t id = endpoint->id;
  table.all.emplace(id, std::move(endpoint));
  return id;
}

Endpoint* Find(std::int64_t id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.all.find(id);
  return found == table.all.end() ? nullptr : found->second.get();
}

void Close(std::int64_t id) {
  std::unique_ptr<Endpoint> closed;  // destroyed after the lock is free
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.all.find(id);
  if (found == table.all.end()) return;
  closed = std::move(found->second);
  table.all.erase(found);
}

void DropAllOf(const Environment* owner) {
  std::vector<std::unique_ptr<Endpoint>> dropped;
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  for (auto entry = table.all.begin(); entry != table.all.end();) {
    const bool is_owned = entry->second->Home().Owner() == owner;
    if (is_owned) dropped.push_back(std::move(entry->second));
    entry = is_owned ? table.all.erase(entry) : std::next(entry);
  }
}

}  // namespace endpoints
}  // namespace mapdirect::rdma
