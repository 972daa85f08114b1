// Tells JavaScript of faults that the fault guard has healed.

#ifndef MAPDIRECT_FAULT_NOTICES_H_
#define MAPDIRECT_FAULT_NOTICES_H_

#include <memory>

#include "lease/listener.h"

namespace mapdirect::fault_notices {

// From now on the listener receives a notice after a fault in any range of the process; one notice may stand for
// several faults. Returns 0 or a negative errno.
[[nodiscard]] int SendTo(const std::shared_ptr<Listener>& listener);

// The event thread calls it when the eventfd can be read.
void Read(int fd);

}  // namespace mapdirect::fault_notices

#endif  // MAPDIRECT_FAULT_NOTICES_H_
