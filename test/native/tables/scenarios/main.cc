// scenarios FOLDER: runs situations that are too rare in a storm, each in a process of its own. Prints a line for each:
// `passed: NAME`, `failed: NAME` (with the reason on standard error), or `skipped: NAME: reason and remedy`.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "scenarios.h"

void scenarios::Skip(const Scenario& scenario, const std::string& reason) {
  std::printf("skipped: %s: %s\n", scenario.name, reason.c_str());
  std::fflush(stdout);
  ::_exit(kSkipped);
}

int main(int count, char** arguments) {
  if (count != 2) runtime::Die("usage: scenarios FOLDER");
  using namespace scenarios;
  const Scenario* const all[] = {
      &kCloseAtTheLimit,
      &kEndAtTheLimit,
      &kLocksEndWithTheirEnvironment,
      &kWindowOfAStoppedEnvironment,
      &kMemoryElsewhere,
      &kStoppedLoad,
      &kPlaceOutside,
      &kLateFence,
      &kManyFaults,
  };
  bool good = true;
  for (const Scenario* const each : all) {
    const Scenario& scenario = *each;
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child < 0) runtime::Die("fork");
    if (child == 0) {
      ::alarm(60);  // SIGALRM ends a scenario that hangs
      scenario.run(arguments[1]);
      std::fflush(stdout);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == kSkipped;
    if (skipped) continue;  // it has printed the reason
    std::printf("%s: %s\n", status == 0 ? "passed" : "failed", scenario.name);
    good = good && status == 0;
  }
  return good ? 0 : 1;
}
