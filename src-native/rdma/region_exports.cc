// The registration of memory with a device.

#include <cerrno>
#include <utility>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "rdma/domain.h"
#include "rdma/region.h"
#include "registration/ledger.h"

namespace mapdirect {

// rdmaRegister(domain, slot, offset, length, access, lockFd) -> id of the ledger. Registers: 0 address (integer), 1 id
// of the region, 2 local key, 3 remote key
Napi::Value RdmaRegister(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  const std::shared_ptr<rdma::Domain> domain = rdma::domains::Find(Int(info, 0));
  Range* const range = RangeArg(info, 1);
  if (domain == nullptr || range == nullptr) return Return(info, -ENOENT);
  const std::size_t offset = Size(info, 2);
  const std::size_t length = Size(info, 3);
  void* const address = Address(range, offset);
  std::unique_ptr<rdma::Region> region =
      rdma::Region::Register(domain, address, length, static_cast<unsigned>(Int(info, 4)));
  if (region == nullptr) return Return(info, verbs::NegativeErrno());
  environment.SetUint(0, reinterpret_cast<std::uintptr_t>(address));
  environment.SetFloat(1, region->LocalKey());
  environment.SetFloat(2, region->RemoteKey());
  const ledger::Id id =
      ledger::Add(range, {offset, length}, &environment, environment.OwnListener(), std::move(region));
  const int lock = Int32(info, 5);
  const int kept = id < 0 || lock < 0 ? 0 : ledger::KeepAbove(id, domain->Context()->cmd_fd, lock);
  if (kept == 0) return Return(info, id);
  static_cast<void>(ledger::Deregister(id));
  return Return(info, kept);
}

}  // namespace mapdirect
