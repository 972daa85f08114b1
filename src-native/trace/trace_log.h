// The accesses that the stepper has seen, in order, for one memory. A signal handler writes, so nothing here allocates.

#ifndef MAPDIRECT_TRACE_LOG_H_
#define MAPDIRECT_TRACE_LOG_H_

#include <cstddef>
#include <cstdint>

namespace mapdirect::trace {

constexpr std::size_t kMostCode = 16;

// The same instruction as the access before, in another page.
constexpr std::uint32_t kContinues = 1;
// The instruction has faulted because it stores. Otherwise it has faulted because it loads; it may store, too.
constexpr std::uint32_t kStores = 2;

// One access: this head, then the old and the new value of each word from the first changed one to the last.
struct AccessHead final {
  std::uint64_t place;   // bytes from the start of the memory to the first changed byte; of the access, if none changed
  std::uint64_t access;  // the same, to the first byte of the access
  std::uint32_t length;  // bytes from the first changed one to the last; 0: none
  std::uint32_t words;
  std::uint32_t flags;
  std::uint32_t code_length;
  unsigned char code[kMostCode];  // the instruction; it may be cut off
};

struct Word final {
  std::uint64_t before;
  std::uint64_t after;
};

class TraceLog final {
 public:
  TraceLog() = default;
  TraceLog(const TraceLog&) = delete;
  TraceLog& operator=(const TraceLog&) = delete;

  // `loads`: the log has the loads, too. Returns 0 or a negative errno.
  [[nodiscard]] int Open(bool loads);
  void Close();
  [[nodiscard]] bool IsOpen() const { return bytes_ != nullptr; }
  [[nodiscard]] bool HasLoads() const { return loads_; }

  // One page that an instruction has touched.
  struct Access final {
    std::uint64_t place;
    std::uint32_t flags;
    const unsigned char* code;
    std::size_t code_length;
  };

  // The bytes before and after. The first of them is that of the word at `start`; their number is a multiple of 8.
  // Async-signal-safe. An access for which there is no room makes the log incomplete.
  void Add(const Access& access, std::uint64_t start, const unsigned char* before, const unsigned char* after,
           std::size_t length);
  void Lose() { is_complete_ = false; }

  [[nodiscard]] bool IsComplete() const { return is_complete_; }
  [[nodiscard]] const unsigned char* Bytes() const { return bytes_; }
  [[nodiscard]] std::size_t Length() const { return used_; }
  // Forgets the accesses, and gives their memory back.
  void Clear();

 private:
  unsigned char* bytes_ = nullptr;
  std::size_t used_ = 0;
  bool is_complete_ = true;
  bool loads_ = false;
};

}  // namespace mapdirect::trace

#endif  // MAPDIRECT_TRACE_LOG_H_
