// A registration without a device: the owner gives the address to a user of its own. It can rehearse a provider that is
// slow, or that does not confirm.

#ifndef MAPDIRECT_PLAIN_H_
#define MAPDIRECT_PLAIN_H_

#include <chrono>

#include "registration/ledger.h"

namespace mapdirect {

class Plain final : public Registered {
 public:
  // Each Revoke() takes `delay`, and the first `failures` of them return -EIO.
  Plain(std::chrono::milliseconds delay, std::int64_t failures) : delay_(delay), failures_(failures) {}

  void CutOff() override {}
  [[nodiscard]] int Revoke() override;

 private:
  const std::chrono::milliseconds delay_;
  std::int64_t failures_;
};

}  // namespace mapdirect

#endif  // MAPDIRECT_PLAIN_H_
