// Threads that look up addresses in the table of ranges while it changes.

#ifndef MAPDIRECT_TEST_RANGE_LOOKUPS_H_
#define MAPDIRECT_TEST_RANGE_LOOKUPS_H_

#include "world.h"

namespace storm {

// Must be called first: creates a range that stays, a page that is never in a range, and a signal handler.
void PrepareRangeLookups(World& world);

// Adds and removes ranges around the foreign page. A mixture of two tenants of a slot would contain that page.
void ChangeTenants(World& world);
// Calls Find() for both addresses all the time.
void LookUpRanges(World& world);
// Fences ranges that actors have shared, as the event thread does at the end of a lease.
void FenceShared(World& world);

}  // namespace storm

#endif  // MAPDIRECT_TEST_RANGE_LOOKUPS_H_
