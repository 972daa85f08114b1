// One protection domain: a device that is open, with the memory regions and the endpoints that can reach each other.
//
//   table of domains ──► Domain ◄── Region (one for each registration; its ledger entry owns it)
//                          ▲   ◄── Endpoint (one queue pair and its completion queue)
//   completion thread ─────┘

#ifndef MAPDIRECT_RDMA_DOMAIN_H_
#define MAPDIRECT_RDMA_DOMAIN_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "lease/listener.h"
#include "rdma/verbs.h"

namespace mapdirect {
class Environment;
}

namespace mapdirect::rdma {

class Endpoint;
class Region;

// A registration as JavaScript names it: another one, also of another device, differs in one of the two.
struct RegionName final {
  std::uint32_t local_key;
  std::uintptr_t address;
};

// Where the local bytes of a request are.
struct LocalBytes final {
  std::int64_t region;
  std::uintptr_t address;
  std::uint32_t key;
};

// Any thread may use it.
class Domain final {
 public:
  // Returns nullptr and sets errno.
  [[nodiscard]] static std::shared_ptr<Domain> Open(const std::string& device, const Environment* owner,
                                                    std::shared_ptr<Listener> listener);
  ~Domain();
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  [[nodiscard]] verbs::Context* Context() const { return context_; }
  [[nodiscard]] verbs::ProtectionDomain* Protection() const { return protection_; }
  [[nodiscard]] verbs::CompletionChannel* Channel() const { return channel_; }
  [[nodiscard]] const Environment* Owner() const { return owner_; }

  void Add(Region* region);
  void Remove(const Region* region);
  void Add(Endpoint* endpoint);
  void Remove(const Endpoint* endpoint);
  // True if neither a region nor an endpoint is left.
  [[nodiscard]] bool IsIdle();

  // The place of `length` bytes of a region, for a request of our own; it uses the region until Release(). Returns 0 or
  // a negative errno. -ENOENT: there is no such region, or it was revoked.
  [[nodiscard]] int Use(const RegionName& name, std::size_t offset, std::size_t length, LocalBytes* bytes);
  void Release(std::int64_t region);
  // The number of requests that use the region.
  [[nodiscard]] unsigned Uses(const Region* region);

  // From CutOff() to the equal number of Restore(): peers can do nothing through the endpoints of this domain.
  void CutOff();
  void Restore();

  // The completion thread.
  void ReadCompletions();
  void ReadEvents();

  const std::int64_t id;  // of the table of domains

 private:
  Domain(verbs::Context* context, const Environment* owner, std::shared_ptr<Listener> listener);
  [[nodiscard]] int Prepare();
  void Announce(const verbs::AsyncEvent& event);

  verbs::Context* const context_;
  const Environment* const owner_;
  const std::shared_ptr<Listener> listener_;
  verbs::ProtectionDomain* protection_{nullptr};
  verbs::CompletionChannel* channel_{nullptr};
  std::mutex lock_;  // guards the maps, the states of their members, and cuts_
  struct Entry final {
    Region* region;
    unsigned uses;
  };
  std::unordered_map<std::int64_t, Entry> regions_;
  std::unordered_map<std::uint32_t, std::int64_t> by_local_key_;  // a device uses the key of a revoked region again
  std::unordered_map<std::int64_t, Endpoint*> endpoints_;
  unsigned cuts_{0};
};

namespace domains {

// The table of the process. Ids are > 0 and never used again.
[[nodiscard]] std::int64_t NextId();
void Add(const std::shared_ptr<Domain>& domain);
[[nodiscard]] std::shared_ptr<Domain> Find(std::int64_t id);
// Returns 0, -ENOENT, or -EBUSY: it has regions or endpoints.
[[nodiscard]] int Close(std::int64_t id);
// The end of an environment. A domain with a region that could not be revoked stays open.
void DropAllOf(const Environment* owner);

}  // namespace domains
}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_DOMAIN_H_
