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

// rdmaRegister(slot, offset, length, domain, access, lockFd) -> id of the ledger. Registers: 0 address (integer), 1
// local key, 2 remote key
Napi::Value RdmaRegister(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  const Part part = PartArg(info);
  const std::shared_ptr<rdma::Domain> domain = rdma::domains::Find(Int(info, 3));
  if (part.range == nullptr || domain == nullptr) return Return(info, -ENOENT);
  std::unique_ptr<rdma::Region> region =
      rdma::Region::Register(domain, part.data, part.length, static_cast<unsigned>(Int(info, 4)));
  if (region == nullptr) return Return(info, verbs::NegativeErrno());
  environment.SetUint(0, reinterpret_cast<std::uintptr_t>(part.data));
  environment.SetFloat(1, region->LocalKey());
  environment.SetFloat(2, region->RemoteKey());
  const ledger::Id id =
      ledger::Add(part.range, {Size(info, 1), part.length}, &environment, environment.OwnListener(), std::move(region));
  const int lock = Int32(info, 5);
  const int kept = id < 0 || lock < 0 ? 0 : ledger::KeepAbove(id, domain->Context()->cmd_fd, lock);
  if (kept == 0) return Return(info, id);
  static_cast<void>(ledger::Deregister(id));
  return Return(info, kept);
}

}  // namespace mapdirect
