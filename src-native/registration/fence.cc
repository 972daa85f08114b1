#include "registration/fence.h"

#include "memory/ranges.h"

namespace mapdirect::fence {

Outcome Run(const ledger::Tenants& tenants) {
  ledger::Bar(tenants);
  Outcome outcome = {ledger::RevokeTenants(tenants), /*covered=*/0};
  if (outcome.revoked != 0) return outcome;
  for (const auto& [index, serial] : tenants) {
    const int covered = ranges::FenceTenant(index, serial);
    if (covered != 0) outcome.covered = covered;
  }
  return outcome;
}

}  // namespace mapdirect::fence
