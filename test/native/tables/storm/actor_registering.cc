// The acts of an actor on registrations.

#include <cerrno>
#include <memory>
#include <thread>

#include "actor.h"
#include "environment.h"
#include "peer.h"

namespace ledger = mapdirect::ledger;

namespace storm {

namespace {

constexpr std::size_t kMost = 8;

bool HasEnded(double state) {
  return state == static_cast<double>(ledger::State::kRevoked) || state == static_cast<double>(ledger::State::kGone);
}

}  // namespace

// Without a device, in any range. Its end takes up to 2 ms.
void Actor::RegisterPlain() {
  const Mapped* const mapped = AnyMapped();
  if (mapped == nullptr || registrations_.size() >= kMost) return;
  const double id =
      env_->Number("registerPlain", {mapped->slot, 0, 4096, static_cast<double>(random_.Below(3)), /*failures=*/0});
  if (id == -ECANCELED) return;  // another thread has fenced it
  if (id <= 0) runtime::Die("registerPlain: %g", id);
  registrations_.push_back({id, mapped->slot, nullptr});
  world_.Count(kRegistrations);
}

// With a peer, under a lease whose end the range is listed for.
void Actor::RegisterPeer() {
  if (seal_ == nullptr || !seal_->listed || registrations_.size() >= kMost) return;
  const double slot = seal_->mapped.slot;
  mapdirect::Range* const range = mapdirect::ranges::At(static_cast<std::uint32_t>(slot));
  std::unique_ptr<Peer> peer = Peer::Of(range, world_);
  if (peer == nullptr) return;
  const std::shared_ptr<Reach> reach = peer->Reached();
  if (random_.Below(2) == 0) reach->failures.store(static_cast<unsigned>(random_.Below(3)));
  const mapdirect::Environment& environment = mapdirect::Environment::Of(Napi::Env(env_.get()));
  const ledger::Id id = ledger::Add(range, {0, 4096}, &environment, environment.OwnListener(), std::move(peer));
  if (id == -ECANCELED) return;
  // Pages that stay have no fence that refuses the registration. lib/ asks again, before a peer knows of it.
  if (!seal_->written && env_->Number("revokeOnLeaseEnd", {seal_->id, slot}) != 0) {
    while (!Deregister({static_cast<double>(id), slot, reach})) std::this_thread::yield();
    return;
  }
  Admit(reach);
  // Any descriptor can be the provider's here.
  const int fd = static_cast<int>(seal_->mapped.fd);
  const int kept = random_.Below(2) == 0 ? ledger::KeepAbove(id, fd, fd) : 0;
  if (kept != 0 && kept != -ENOENT) runtime::Die("KeepAbove: %d", kept);
  registrations_.push_back({static_cast<double>(id), slot, reach});
  world_.Count(kRegistrations);
}

// Returns true if the ledger has forgotten the registration.
bool Actor::Deregister(const Registration& registration) {
  const double result = env_->Number("deregister", {registration.id});
  if (result != 0 && result != -ENOENT && result != -EBUSY && result != -EIO) runtime::Die("deregister: %g", result);
  return result == 0 || result == -ENOENT;
}

void Actor::EndRegistration() {
  if (registrations_.empty()) return;
  std::swap(registrations_[random_.Below(registrations_.size())], registrations_.back());
  if (Deregister(registrations_.back())) registrations_.pop_back();
}

// Ends the registrations of one range, as the end of a seal does that has no lease.
void Actor::RevokeRange() {
  if (registrations_.empty()) return;
  const double slot = registrations_[random_.Below(registrations_.size())].slot;
  const double revoked = env_->Number("revokeRange", {slot});
  if (revoked != 0 && revoked != -EIO) runtime::Die("revokeRange: %g", revoked);
  for (const Registration& registration : registrations_) {
    if (registration.slot != slot) continue;
    const double state = env_->Number("registrationState", {registration.id});
    if (revoked == 0 && !HasEnded(state)) runtime::Die("a range is revoked and its registration is %g", state);
    if (state == static_cast<double>(ledger::State::kLive)) runtime::Die("a registration is live after its end");
  }
}

// The mapping of a live registration is not closed.
void Actor::EndRegistrationsOf(double slot) {
  for (std::size_t i = registrations_.size(); i-- > 0;) {
    if (registrations_[i].slot != slot) continue;
    while (!Deregister(registrations_[i])) std::this_thread::yield();
    registrations_.erase(registrations_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// The lease is gone, so the registrations have ended.
void Actor::ExpectEnded(double slot) {
  for (const Registration& registration : registrations_) {
    if (registration.slot != slot) continue;
    const double state = env_->Number("registrationState", {registration.id});
    if (!HasEnded(state)) runtime::Die("a lease is gone and a registration is %g", state);
  }
}

// The ledger has told of an end.
void Actor::HearOfEnd(double id, double result) {
  const double state = env_->Number("registrationState", {id});
  if (result == 0 && !HasEnded(state)) runtime::Die("the end of a registration was told, and it is %g", state);
  if (result == 0) world_.Count(kRevokedNotices);
}

// An environment that ends asks once only, and what is not confirmed then stays for the life of the process.
void Actor::LetProvidersConfirm() {
  for (const Registration& registration : registrations_) {
    if (registration.reach != nullptr) registration.reach->failures.store(0);
  }
}

}  // namespace storm
