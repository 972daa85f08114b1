// One device of this machine: finding it, opening it, asking what it can do.

#ifndef MAPDIRECT_RDMA_DEVICE_H_
#define MAPDIRECT_RDMA_DEVICE_H_

#include <string>

#include "rdma/verbs.h"

namespace mapdirect::rdma {

// Opens the device. Returns nullptr and sets errno: ENODEV if there is none of this name.
[[nodiscard]] verbs::Context* OpenDevice(const std::string& name);

struct Facts final {
  verbs::ExtendedAttributes device;
  verbs::PortAttributes port;
};

// Returns 0 or a negative errno. Members that an old library does not know are 0.
[[nodiscard]] int Query(verbs::Context* context, std::uint8_t port, Facts* facts);

}  // namespace mapdirect::rdma

#endif  // MAPDIRECT_RDMA_DEVICE_H_
