// Faults that are too many for the fault log.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "scenarios.h"

namespace scenarios {
namespace {

constexpr std::size_t kMappings = 1500;  // the log has 1024 entries
constexpr double kLength = 8192;
constexpr double kTruncated = 1;

__attribute__((noinline, no_sanitize("address"))) unsigned char Load(std::uint64_t address) {
  return *reinterpret_cast<volatile unsigned char*>(address);
}

// A service with many mappings of one file reads all of them after the file was truncated, and looks at its faults only
// then. Every mapping must report its own.
void ManyFaults(const std::string& folder) {
  const std::string path = folder + "/many";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(kLength)) != 0) runtime::Die("cannot make a file");
  struct stat facts;
  if (::fstat(fd, &facts) != 0) runtime::Die("fstat");
  const auto [dev, ino] = std::pair(static_cast<double>(facts.st_dev), static_cast<double>(facts.st_ino));
  napi_env__ env;
  if (env.Number("guardFaults", {1}) != 0) runtime::Die("guardFaults");
  std::vector<double> slots;
  for (std::size_t i = 0; i < kMappings; i++) {
    slots.push_back(
        env.Number("map", {static_cast<double>(fd), 0, kLength, PROT_READ | PROT_WRITE, MAP_SHARED, dev, ino}));
    if (slots.back() < 0) runtime::Die("map: %g", slots.back());
  }
  if (::ftruncate(fd, 0) != 0) runtime::Die("ftruncate");
  for (const double slot : slots) {
    if (env.Number("address", {slot}) != 0) runtime::Die("address");
    if (Load(env.Uint(0)) != 0) runtime::Die("a lost page is not empty");
  }
  for (const double slot : slots) {
    if (env.Number("takeFault", {slot}) != kTruncated) runtime::Die("the fault of slot %g was forgotten", slot);
    if (env.Float(0) != 0 || env.Float(1) != kLength) runtime::Die("%g bytes at %g", env.Float(1), env.Float(0));
    if (env.Number("takeFault", {slot}) != 0) runtime::Die("one fault was reported twice");
    if (env.Number("close", {slot}) != 0) runtime::Die("close");
  }
  ::close(fd);
}

}  // namespace

const Scenario kManyFaults = {"more faults than the log can hold are reported, each by its mapping", ManyFaults};

}  // namespace scenarios
