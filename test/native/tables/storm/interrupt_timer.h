// A signal that interrupts the thread all the time. Its handler asks the table for the range of an address,
// as a handler of SIGBUS would. A lock taken there would hang the thread that it interrupted.

#ifndef MAPDIRECT_TEST_PULSE_H_
#define MAPDIRECT_TEST_PULSE_H_

#include <time.h>

#include "world.h"

namespace storm {

class Pulse final {
 public:
  explicit Pulse(World& world);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // Before the first: an address that is always in a range, and one that never is.
  static void Prepare(World& world, std::uintptr_t resident, std::uintptr_t foreign);

 private:
  timer_t timer_;
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_PULSE_H_
