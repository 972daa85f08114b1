#include "peer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include "../runtime/runtime.h"
#include "memory.h"

namespace storm {
namespace {

constexpr std::size_t kPage = 4096;

struct Admitted final {
  std::mutex lock;
  std::vector<std::shared_ptr<Reach>> all;
};

// Never destroyed: a thread of the ledger may outlive static destruction.
Admitted& TheAdmitted() {
  static auto* const admitted = new Admitted;
  return *admitted;
}

}  // namespace

// The actor sets the number to 0 before the end of its environment, also while a thread of the ledger is here.
bool Reach::TakeFailure() {
  unsigned left = failures.load();
  while (left > 0 && !failures.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

// With an old size of 0 mremap(2) maps the pages of a shared mapping once more. A placeholder is private: EINVAL.
std::unique_ptr<Peer> Peer::Of(const mapdirect::Range* range, World& world) {
  void* const base = reinterpret_cast<void*>(range->base.load());
  void* const pages = ::mremap(base, /*old_size=*/0, kPage, MREMAP_MAYMOVE);
  if (pages == MAP_FAILED && errno != EINVAL) runtime::Die("mremap: %d", errno);
  if (pages == MAP_FAILED) return nullptr;
  return std::unique_ptr<Peer>(new Peer(range, world, reinterpret_cast<std::uintptr_t>(pages)));
}

Peer::Peer(const mapdirect::Range* range, World& world, std::uintptr_t pages)
    : range_(range), world_(world), reach_(std::make_shared<Reach>(pages)) {}

Peer::~Peer() {
  if (in_call_.load()) runtime::Die("a provider is destroyed during a call");
  if (is_revoked_) return;
  if (reach_->is_known.load()) runtime::Die("a provider is destroyed before it has confirmed");
  const std::lock_guard<std::mutex> guard(reach_->lock);
  ::munmap(reinterpret_cast<void*>(reach_->address), kPage);
  reach_->address = 0;
}

// The first step of both functions.
void Peer::Begin() {
  if (in_call_.exchange(true)) runtime::Die("two calls of one provider at once");
  if (is_revoked_) runtime::Die("a provider is called after it has confirmed");
  // Other threads get a chance to call it.
  std::this_thread::sleep_for(std::chrono::microseconds(50));
  if (range_->fenced.load() || range_->length.load() == 0)
    runtime::Die("the pages went before the end of their registration was confirmed");
}

void Peer::CutOff() {
  Begin();
  in_call_.store(false);
}

int Peer::Revoke() {
  Begin();
  int result = 0;
  if (reach_->TakeFailure()) {
    result = -EIO;
    world_.Count(kUnconfirmed);
  } else {
    const std::lock_guard<std::mutex> guard(reach_->lock);
    ::munmap(reinterpret_cast<void*>(reach_->address), kPage);
    reach_->address = 0;
    is_revoked_ = true;
  }
  in_call_.store(false);
  return result;
}

void Admit(const std::shared_ptr<Reach>& reach) {
  reach->is_known.store(true);
  Admitted& admitted = TheAdmitted();
  const std::lock_guard<std::mutex> guard(admitted.lock);
  admitted.all.push_back(reach);
}

void StoreAsPeers(World& world) {
  Admitted& admitted = TheAdmitted();
  while (!world.IsOver()) {
    {
      const std::lock_guard<std::mutex> guard(admitted.lock);
      const auto ended = std::remove_if(admitted.all.begin(), admitted.all.end(), [&world](const auto& reach) {
        const std::lock_guard<std::mutex> pages(reach->lock);
        if (reach->address == 0) return true;
        Store(reach->address + kPeerAt, kOfPeer);
        world.Count(kPeerStores);
        return false;
      });
      admitted.all.erase(ended, admitted.all.end());
    }
    std::this_thread::yield();
  }
}

}  // namespace storm
