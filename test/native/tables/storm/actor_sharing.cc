// The acts of an actor on shared objects: shared ranges, locks, leases and watches.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "actor.h"
#include "memory.h"
#include "memory/ranges.h"

using runtime::Object;

namespace storm {

namespace {
enum Notice { kBreak = 1, kGone = 2, kHint = 3, kRevoked = 6 };
}

void Actor::Share() {
  Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || env_->Number("stat", {mapped->fd}) != 0) return;
  mapped->shared = true;
  LeaveWords(mapped->slot);
  const std::uint64_t inode = env_->Uint(5);
  const double serial = env_->Number("shareRange", {mapped->slot});
  world_.Share({static_cast<std::uint32_t>(mapped->slot), static_cast<std::uint64_t>(serial), inode}, random_.Next());
}

void Actor::Attach() {
  const Shared shared = world_.AnyShared(random_.Next());
  if (shared.serial == 0 || mapped_.size() > 20) return;
  const double fd =
      env_->Number("attachDescriptor", {static_cast<double>(shared.index), static_cast<double>(shared.serial)});
  if (fd == -ENOENT) return;  // its owner has closed it, or it is fenced
  if (fd < 0 || env_->Number("stat", {fd}) != 0) runtime::Die("attachDescriptor: %g", fd);
  if (env_->Uint(5) != shared.inode) runtime::Die("attachDescriptor gave another tenant's file");
  world_.Count(kAttached);
  Register(env_->Number("map", {fd, 0, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED}), fd);
}

void Actor::Lock() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  const double byte = static_cast<double>(random_.Below(3));
  const double locked = env_->Number("setLock", {mapped->fd, byte, 0, 1});
  if (locked != 0 && locked != -EAGAIN) runtime::Die("setLock: %g", locked);
  env_->Number("testLock", {mapped->fd, byte});
}

void Actor::TakeSeal() {
  if (seal_ != nullptr) return CheckSeal();
  const bool probed = random_.Below(2) == 0;
  const double fd = Open(world_.LeasedFile(number_, probed));
  if (fd < 0) return;  // the lease of an earlier environment is held until its last call has ended
  const double slot = env_->Number("map", {fd, 0, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED});
  Register(slot, fd);
  Mapped mapped = mapped_.back();
  mapped_.pop_back();
  if (env_->Number("stat", {fd}) != 0) runtime::Die("stat");
  const double id = env_->Number("lease", {fd, env_->Float(3), env_->Float(4), static_cast<double>(random_.Below(30))});
  if (id <= 0) {
    if (id != -EAGAIN) runtime::Die("lease: %g", id);
    return Forget(mapped, false);
  }
  world_.Count(kLeases);
  if (random_.Below(2) == 0) OpenWindowOf(mapped);
  env_->Number("setLock", {fd, 0, 1, 1});
  env_->Number("locksEndWithLease", {id, 1});
  // The pages stay, or the range is fenced before another process gets in.
  const bool stays = random_.Below(3) == 0;
  const bool listed = env_->Number(stays ? "revokeOnLeaseEnd" : "fenceOnLeaseEnd", {id, slot}) == 0;
  const bool written = listed && !stays;
  if (written) Store(mapped.base, kOurs);
  seal_ = std::make_unique<Seal>(Seal{id, probed, written, listed, mapped});
}

void Actor::CheckSeal() {
  if (seal_ == nullptr) return;
  const unsigned char seen = Load(seal_->mapped.base);
  if (seal_->written && !seal_->probed && seen == kTheirs) runtime::Die("another process has stored under a lease");
  // In this order: the lease may end between the two questions.
  if (env_->Number("isFenced", {seal_->mapped.slot}) == 1 && env_->Number("leaseHeld", {seal_->id}) == 1)
    runtime::Die("a lease is held and its range is fenced");
}

void Actor::DropSeal() {
  if (seal_ == nullptr) return;
  const std::unique_ptr<Seal> seal = std::move(seal_);
  EndRegistrationsOf(seal->mapped.slot);
  if (random_.Below(3) == 0) env_->Number("unregisterFence", {seal->id, seal->mapped.slot});
  const bool abandon = random_.Below(4) == 0;
  // The order: registrations, pages, then the lease, then the descriptor.
  for (Object* const window : seal->mapped.windows) {
    if (!abandon) env_->Call("detach", {window});
    window->roots--;
  }
  Settle();
  if (env_->Number(abandon ? "abandon" : "close", {seal->mapped.slot}) != 0) runtime::Die("close");
  const double released = random_.Below(4) == 0 ? 0 : env_->Number("releaseLease", {seal->id});
  if (released != 0 && released != -ENOENT) runtime::Die("releaseLease: %g", released);
  if (env_->Number("closeDescriptor", {seal->mapped.fd}) != 0) runtime::Die("closeDescriptor");
}

void Actor::Watch() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || watches_.size() > 8) return;
  const double id = env_->Number("watch", {mapped->fd});
  if (id <= 0) runtime::Die("watch: %g", id);
  watches_.push_back(id);
}

void Actor::Unwatch() {
  if (watches_.empty()) return;
  if (env_->Number("unwatch", {watches_.back()}) != 0) runtime::Die("unwatch");
  unwatched_.insert(watches_.back());
  watches_.pop_back();
}

// A write to the file gives a hint.
void Actor::Touch() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || !listens_ || env_->stopping) return;
  const double id = env_->Number("watch", {mapped->fd});
  if (id <= 0) runtime::Die("watch: %g", id);
  if (::pwrite(static_cast<int>(mapped->fd), "x", 1, kFileSize - 1) != 1) runtime::Die("pwrite");
  while (hinted_.count(id) == 0) env_->WaitAndTurn();
  watches_.push_back(id);
  Unwatch();
}

void Actor::Ask() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr) return;
  const double users = env_->Number("users", {mapped->slot});
  if (users < 1 + static_cast<double>(mapped->windows.size())) runtime::Die("%g users", users);
  if (env_->Number("rangeCount", {}) < static_cast<double>(mapped_.size())) runtime::Die("rangeCount");
  env_->Number("leaseCount", {});
  env_->Number("findLease", {1, 1});
}

void Actor::Listen() {
  Object* const listener = env_->New(runtime::Kind::kFunction);
  listener->function = [this](const runtime::Arguments& notice) {
    Tell(notice);
    return env_->New(runtime::Kind::kUndefined);
  };
  listens_ = env_->Call("onNotices", {listener})->number == 0;
}

void Actor::Tell(const runtime::Arguments& notice) {
  const auto kind = static_cast<int>(notice[0]->number);
  const double id = notice[1]->number;
  if (kind == kHint) {
    if (unwatched_.count(id) != 0) runtime::Die("a hint after unwatch()");
    hinted_.insert(id);
    world_.Count(kHints);
  }
  if (kind == kRevoked) HearOfEnd(id, notice[2]->number);
  if (kind == kGone) world_.Count(kLeasesBroken);
  if (kind != kGone || seal_ == nullptr || seal_->id != id) return;
  if (seal_->listed) ExpectEnded(seal_->mapped.slot);
  if (!seal_->written) return;
  if (notice[2]->number != 0) runtime::Die("a range could not be covered: %g", notice[2]->number);
  if (env_->Number("isFenced", {seal_->mapped.slot}) != 1) runtime::Die("a lease is gone and its range is not fenced");
  if (mapdirect::ranges::Find(seal_->mapped.base)) runtime::Die("a covered range is claimed");
}

}  // namespace storm
