// Peers: they store into registered memory without the process, as a device does. A peer reaches the pages of the file
// through addresses of its own, so a placeholder over the range does not stop it.

#ifndef MAPDIRECT_TEST_PEER_H_
#define MAPDIRECT_TEST_PEER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "memory/ranges.h"
#include "registration/ledger.h"
#include "world.h"

namespace storm {

constexpr std::size_t kPeerAt = 8;  // no other act uses this byte of a leased file

// What a peer can reach. The ledger's side and the thread of StoreAsPeers() share it.
struct Reach final {
  explicit Reach(std::uintptr_t pages) : address(pages) {}
  // Takes one failure, if one is left.
  [[nodiscard]] bool TakeFailure();
  std::mutex lock;
  std::uintptr_t address;             // of the pages; 0: revoked
  std::atomic<unsigned> failures{0};  // of the calls of Revoke() that follow
  std::atomic<bool> is_known{false};  // the ledger has accepted the registration
};

// The provider's side of a registration. It checks how the ledger calls it.
class Peer final : public mapdirect::Registered {
 public:
  // Returns nullptr if the range is fenced.
  [[nodiscard]] static std::unique_ptr<Peer> Of(const mapdirect::Range* range, World& world);
  ~Peer() override;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void CutOff() override;
  [[nodiscard]] int Revoke() override;

  [[nodiscard]] const std::shared_ptr<Reach>& Reached() const { return reach_; }

 private:
  Peer(const mapdirect::Range* range, World& world, std::uintptr_t pages);
  void Begin();

  const mapdirect::Range* const range_;
  World& world_;
  const std::shared_ptr<Reach> reach_;
  std::atomic<bool> in_call_{false};
  bool is_revoked_{false};
};

// From now on the peer stores.
void Admit(const std::shared_ptr<Reach>& reach);
// Stores through all peers all the time.
void StoreAsPeers(World& world);

}  // namespace storm

#endif  // MAPDIRECT_TEST_PEER_H_
