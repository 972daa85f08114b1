// A registered range of memory.

#ifndef MAPDIRECT_RDMA_REGION_H_
#define MAPDIRECT_RDMA_REGION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "rdma/domain.h"
#include "registration/ledger.h"

namespace mapdirect::rdma {

// The ledger owns it and calls one function at a time. Any thread.
class Region final : public Registered {
 public:
  // Returns nullptr and sets errno.
  [[nodiscard]] static std::unique_ptr<Region> Register(std::shared_ptr<Domain> domain, void* address,
                                                        std::size_t length, unsigned access);
  ~Region() override;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  void CutOff() override;
  [[nodiscard]] int Revoke() override;

  [[nodiscard]] std::uintptr_t Address() const { return address_; }
  [[nodiscard]] std::uint32_t LocalKey() const { return local_key_; }
  [[nodiscard]] std::uint32_t RemoteKey() const { return remote_key_; }

  // As Domain::Use(), which calls it with its lock held.
  [[nodiscard]] int Place(std::size_t offset, std::size_t length, LocalBytes* bytes) const;

  const std::int64_t id;

 private:
  Region(std::shared_ptr<Domain> domain, verbs::MemoryRegion* region);

  const std::shared_ptr<Domain> domain_;
  verbs::MemoryRegion* region_;  // nullptr: revoked
  const std::uintptr_t address_;
  const std::size_t length_;
  const std::uint32_t local_key_;
  const std::uint32_t remote_key_;
  bool is_cut_{false};
};

}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_REGION_H_
