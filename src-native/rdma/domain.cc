#include "rdma/domain.h"

#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include "rdma/completion_thread.h"
#include "rdma/device.h"
#include "rdma/endpoint.h"
#include "rdma/region.h"

namespace mapdirect::rdma {
namespace {

int SetNonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ? -errno : 0;
}

}  // namespace

Domain::Domain(verbs::Context* context, const Environment* owner, std::shared_ptr<Listener> listener)
    : id(domains::NextId()), context_(context), owner_(owner), listener_(std::move(listener)) {}

std::shared_ptr<Domain> Domain::Open(const std::string& device, const Environment* owner,
                                     std::shared_ptr<Listener> listener) {
  verbs::Context* const context = OpenDevice(device);
  if (context == nullptr) return nullptr;
  std::shared_ptr<Domain> domain(new Domain(context, owner, std::move(listener)));
  const int prepared = domain->Prepare();
  if (prepared != 0) {
    domain.reset();
    errno = -prepared;
    return nullptr;
  }
  domains::Add(domain);
  return domain;
}

int Domain::Prepare() {
  const verbs::Library& library = *verbs::Loaded();
  errno = 0;
  protection_ = library.alloc_pd(context_);
  if (protection_ == nullptr) return verbs::NegativeErrno();
  channel_ = library.create_comp_channel(context_);
  if (channel_ == nullptr) return verbs::NegativeErrno();
  const int channel = SetNonblocking(channel_->fd);
  if (channel != 0) return channel;
  const int events = SetNonblocking(context_->async_fd);
  return events != 0 ? events : completion_thread::Listen(*this);
}

// A function that fails leaves the objects that depend on it: they end with the process.
Domain::~Domain() {
  const verbs::Library& library = *verbs::Loaded();
  if (channel_ != nullptr) library.destroy_comp_channel(channel_);
  if (protection_ != nullptr && library.dealloc_pd(protection_) != 0) return;
  library.close_device(context_);
}

void Domain::Add(Region* region) {
  const std::lock_guard<std::mutex> guard(lock_);
  regions_.emplace(region->id, Entry{region, 0});
  by_local_key_[region->LocalKey()] = region->id;
}

void Domain::Remove(const Region* region) {
  const std::lock_guard<std::mutex> guard(lock_);
  regions_.erase(region->id);
  const auto named = by_local_key_.find(region->LocalKey());
  if (named != by_local_key_.end() && named->second == region->id) by_local_key_.erase(named);
}

void Domain::Add(Endpoint* endpoint) {
  const std::lock_guard<std::mutex> guard(lock_);
  endpoints_.emplace(endpoint->id, endpoint);
  if (cuts_ > 0) endpoint->Cut();
}

void Domain::Remove(const Endpoint* endpoint) {
  const std::lock_guard<std::mutex> guard(lock_);
  endpoints_.erase(endpoint->id);
}

bool Domain::IsIdle() {
  const std::lock_guard<std::mutex> guard(lock_);
  return regions_.empty() && endpoints_.empty();
}

int Domain::Use(const RegionName& name, std::size_t offset, std::size_t length, LocalBytes* bytes) {
  const std::lock_guard<std::mutex> guard(lock_);
  const auto named = by_local_key_.find(name.local_key);
  const auto found = named == by_local_key_.end() ? regions_.end() : regions_.find(named->second);
  if (found == regions_.end() || found->second.region->Address() != name.address) return -ENOENT;
  const int placed = found->second.region->Place(offset, length, bytes);
  if (placed == 0) found->second.uses++;
  return placed;
}

void Domain::Release(std::int64_t region) {
  const std::lock_guard<std::mutex> guard(lock_);
  const auto found = regions_.find(region);
  if (found != regions_.end()) found->second.uses--;
}

unsigned Domain::Uses(const Region* region) {
  const std::lock_guard<std::mutex> guard(lock_);
  const auto found = regions_.find(region->id);
  return found == regions_.end() ? 0 : found->second.uses;
}

void Domain::CutOff() {
  const std::lock_guard<std::mutex> guard(lock_);
  if (cuts_++ > 0) return;
  for (const auto& entry : endpoints_) entry.second->Cut();
}

void Domain::Restore() {
  const std::lock_guard<std::mutex> guard(lock_);
  if (cuts_ == 0 || --cuts_ > 0) return;
  for (const auto& entry : endpoints_) entry.second->Restore();
}

void Domain::ReadCompletions() {
  const verbs::Library& library = *verbs::Loaded();
  verbs::CompletionQueue* queue = nullptr;
  void* data = nullptr;
  while (library.get_cq_event(channel_, &queue, &data) == 0) {
    library.ack_cq_events(queue, 1);
    const std::lock_guard<std::mutex> guard(lock_);
    const auto found = endpoints_.find(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(data)));
    if (found != endpoints_.end()) found->second->Ring();
  }
}

void Domain::ReadEvents() {
  const verbs::Library& library = *verbs::Loaded();
  verbs::AsyncEvent event = {};
  while (library.get_async_event(context_, &event) == 0) {
    Announce(event);
    library.ack_async_event(&event);
  }
}

// The notice names the endpoint of the event, or the domain.
void Domain::Announce(const verbs::AsyncEvent& event) {
  std::int64_t subject = id;
  switch (event.event_type) {
    case verbs::kEventPairFatal:
    case verbs::kEventPairRequest:
    case verbs::kEventPairAccess:
      subject = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(event.element.qp->qp_context));
      break;
    case verbs::kEventCqError:
      subject = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(event.element.cq->cq_context));
      break;
    case verbs::kEventDeviceFatal:
      break;
    default:
      return;
  }
  auto notice = std::unique_ptr<Notice>(new Notice{NoticeKind::kDevice, subject, event.event_type, nullptr});
  listener_->Notify(std::move(notice));
}

namespace domains {
namespace {

struct Table final {
  std::mutex lock;
  std::unordered_map<std::int64_t, std::shared_ptr<Domain>> all;
};

// Never destroyed: the completion thread may outlive static destruction at exit.
Table& TheTable() {
  static auto* const table = new Table;
  return *table;
}

}  // namespace

std::int64_t NextId() {
  static std::atomic<std::int64_t> last{0};
  return ++last;
}

void Add(const std::shared_ptr<Domain>& domain) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  table.all.emplace(domain->id, domain);
}

std::shared_ptr<Domain> Find(std::int64_t id) {
  Table& table = TheTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.all.find(id);
  return found == table.all.end() ? nullptr : found->second;
}

int Close(std::int64_t id) {
  Table& table = TheTable();
  std::shared_ptr<Domain> closed;  // destroyed after the lock is free
  const std::lock_guard<std::mutex> guard(table.lock);
  const auto found = table.all.find(id);
  if (found == table.all.end()) return -ENOENT;
  if (!found->second->IsIdle()) return -EBUSY;
  closed = std::move(found->second);
  table.all.erase(found);
  completion_thread::Forget(*closed);
  return 0;
}

void DropAllOf(const Environment* owner) {
  std::vector<std::int64_t> owned;
  {
    Table& table = TheTable();
    const std::lock_guard<std::mutex> guard(table.lock);
    for (const auto& entry : table.all) {
      if (entry.second->Owner() == owner) owned.push_back(entry.first);
    }
  }
  for (const std::int64_t id : owned) static_cast<void>(Close(id));
}

}  // namespace domains
}  // namespace mapdirect::rdma
