// Threads that touch lost pages under the fault guard, while other threads close and fence ranges and take faults.

#ifndef MAPDIRECT_TEST_FAULTS_H_
#define MAPDIRECT_TEST_FAULTS_H_

#include "world.h"

namespace storm {

// Must be called first: installs the fault guard.
void PrepareFaults();

// Loads past the end of a file, and takes the fault. It must be there: the thread that faulted asks for it.
void Fault(World& world);
// Loads past the end of a file on a thread of its own, while this thread closes the range.
void FaultWhileClosing(World& world);
// Truncates a file and lets it grow again, while FaultWhileClosing() uses it.
void ChangeLength(World& world);

}  // namespace storm

#endif  // MAPDIRECT_TEST_FAULTS_H_
