#include "rdma/device.h"

#include <cerrno>

namespace mapdirect::rdma {
namespace {

int QueryDevice(verbs::Context* context, verbs::ExtendedAttributes* attributes) {
  const verbs::ExtendedContext* const extended = verbs::Extended(context);
  if (extended != nullptr && extended->query_device_ex != nullptr &&
      extended->query_device_ex(context, /*input=*/nullptr, attributes, sizeof(*attributes)) == 0) {
    return 0;
  }
  *attributes = {};
  return verbs::Negative(verbs::Loaded()->query_device(context, &attributes->base));
}

}  // namespace

verbs::Context* OpenDevice(const std::string& name) {
  const verbs::Library& library = *verbs::Loaded();
  int count = 0;
  errno = 0;
  verbs::Device** const list = library.get_device_list(&count);
  if (list == nullptr) return nullptr;
  verbs::Context* context = nullptr;
  errno = ENODEV;
  for (int i = 0; i < count; i++) {
    if (name != library.get_device_name(list[i])) continue;
    errno = EACCES;  // some versions of the library do not set it
    context = library.open_device(list[i]);
    break;
  }
  const int error = errno;
  library.free_device_list(list);
  errno = error;
  return context;
}

int Query(verbs::Context* context, std::uint8_t port, Facts* facts) {
  *facts = {};
  const int queried = QueryDevice(context, &facts->device);
  if (queried != 0) return queried;
  return verbs::Negative(verbs::Loaded()->query_port(context, port, &facts->port));
}

}  // namespace mapdirect::rdma
