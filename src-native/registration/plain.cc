#include "registration/plain.h"

#include <cerrno>
#include <thread>

namespace mapdirect {

int Plain::Revoke() {
  if (delay_.count() > 0) std::this_thread::sleep_for(delay_);
  if (failures_ == 0) return 0;
  failures_--;
  return -EIO;
}

}  // namespace mapdirect
