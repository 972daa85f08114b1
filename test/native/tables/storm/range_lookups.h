// Threads that ask the table for the range of an address, while it changes.

#ifndef MAPDIRECT_TEST_LOOKERS_H_
#define MAPDIRECT_TEST_LOOKERS_H_

#include "world.h"

namespace storm {

// Before all others: a range that stays, a page that never is in one, and the signal handlers.
void PrepareLookers(World& world);

// Ranges that come and go around the foreign page, so that two tenants' numbers mixed up would contain it.
void ChangeTenants(World& world);
// Find() of both addresses, over and over.
void Look(World& world);
// Loads past the end of a file: the handler of the fault asks for its own range and puts a page there.
void Fault(World& world);
// Covers ranges that others have shared, as the bell thread does when a lease is let go.
void CoverShared(World& world);

}  // namespace storm

#endif  // MAPDIRECT_TEST_LOOKERS_H_
