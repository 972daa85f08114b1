#include "registration/fence.h"

#include "memory/ranges.h"

namespace mapdirect::fence {

Outcome Run(const ledger::Tenants& covered, const ledger::Tenants& kept) {
  ledger::Bar(covered);
  ledger::Tenants all = covered;
  all.insert(kept.begin(), kept.end());
  Outcome outcome = {ledger::RevokeTenants(all), /*covered=*/0};
  if (outcome.revoked != 0) return outcome;
  for (const auto& [index, serial] : covered) {
    const int result = ranges::FenceTenant(index, serial);
    if (result != 0) outcome.covered = result;
  }
  return outcome;
}

}  // namespace mapdirect::fence
