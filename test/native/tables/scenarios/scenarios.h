// The scenarios, grouped by the file that defines them.

#ifndef MAPDIRECT_TEST_SCENARIOS_H_
#define MAPDIRECT_TEST_SCENARIOS_H_

#include <string>

#include "../runtime/runtime.h"

namespace scenarios {

constexpr int kSkipped = 77;

struct Scenario final {
  const char* name;
  void (*run)(const std::string& folder);  // returns after success, else calls runtime::Die()
};

// Ends the process of the scenario. The reason names the remedy.
[[noreturn]] void Skip(const Scenario& scenario, const std::string& reason);

// limit.cc
extern const Scenario kCloseAtTheLimit;
extern const Scenario kEndAtTheLimit;

// faults.cc
extern const Scenario kManyFaults;

// ends.cc
extern const Scenario kLocksEndWithTheirEnvironment;
extern const Scenario kWindowOfAStoppedEnvironment;
extern const Scenario kMemoryElsewhere;
extern const Scenario kStoppedLoad;
extern const Scenario kPlaceOutside;
extern const Scenario kLateFence;

}  // namespace scenarios

#endif  // MAPDIRECT_TEST_SCENARIOS_H_
