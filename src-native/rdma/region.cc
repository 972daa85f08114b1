#include "rdma/region.h"

#include <cerrno>
#include <utility>

namespace mapdirect::rdma {

std::unique_ptr<Region> Region::Register(std::shared_ptr<Domain> domain, void* address, std::size_t length,
                                         unsigned access) {
  errno = 0;
  verbs::MemoryRegion* const region =
      verbs::Loaded()->reg_mr(domain->Protection(), address, length, static_cast<int>(access));
  if (region == nullptr) return nullptr;
  std::unique_ptr<Region> made(new Region(std::move(domain), region));
  made->domain_->Add(made.get());
  return made;
}

Region::Region(std::shared_ptr<Domain> domain, verbs::MemoryRegion* region)
    : id(domains::NextId()),
      domain_(std::move(domain)),
      region_(region),
      address_(reinterpret_cast<std::uintptr_t>(region->addr)),
      length_(region->length),
      local_key_(region->lkey),
      remote_key_(region->rkey) {}

// A region that the device still has makes its domain stay open: see domains::Close().
Region::~Region() { static_cast<void>(Revoke()); }

void Region::CutOff() {
  if (region_ == nullptr || is_cut_) return;
  is_cut_ = true;
  domain_->CutOff();
}

// Without the lock of the domain: soft RoCE may wait for minutes here, and the domain goes on.
int Region::Revoke() {
  if (region_ == nullptr) return 0;
  if (!is_cut_ && domain_->Uses(this) > 0) return -EBUSY;
  const int result = verbs::Negative(verbs::Loaded()->dereg_mr(region_));
  if (result != 0) return result;
  region_ = nullptr;
  domain_->Remove(this);
  if (is_cut_) domain_->Restore();
  is_cut_ = false;
  return 0;
}

int Region::Place(std::size_t offset, std::size_t length, LocalBytes* bytes) const {
  if (offset > length_ || length > length_ - offset) return -EINVAL;
  *bytes = {id, address_ + offset, local_key_};
  return 0;
}

}  // namespace mapdirect::rdma
