// Takes ranges out of the hands of everybody who can reach them: devices and peers first, then pointers of this
// process.

#ifndef MAPDIRECT_FENCE_H_
#define MAPDIRECT_FENCE_H_

#include "registration/ledger.h"

namespace mapdirect::fence {

struct Outcome final {
  int revoked;  // 0, or a negative errno: a registration may still be used, and the pages stay
  int covered;  // 0, or a negative errno of a range whose pages stay
};

// Revokes all registrations of `covered` and `kept`, and then covers the pages of `covered`. The only caller of
// ranges::FenceTenant(). Any thread; takes as long as the providers take. May be called again.
[[nodiscard]] Outcome Run(const ledger::Tenants& covered, const ledger::Tenants& kept);

}  // namespace mapdirect::fence

#endif  // MAPDIRECT_FENCE_H_
