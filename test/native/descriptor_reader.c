// Reads a descriptor of docs/rdma.md from the standard input, and prints its parts. A program without this package can
// do that.

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct Descriptor {
  char magic[4];
  uint8_t version, on_demand, persistence, zero;
  uint32_t access, key;
  uint64_t address, length;
  uint8_t gid[16], zeros[12];
  uint32_t checksum;
};
_Static_assert(sizeof(struct Descriptor) == 64, "as in the table");

static uint32_t Crc32c(const uint8_t* bytes, size_t count) {
  uint32_t value = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    value ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  }
  return ~value;
}

int main(void) {
  struct Descriptor it; // of a machine with little endian numbers
  if (fread(&it, sizeof(it), 1, stdin) != 1) return 1;
  const uint8_t zeros[12] = {0};
  const uint32_t checksum = Crc32c((const uint8_t*)&it, sizeof(it) - sizeof(it.checksum));
  if (memcmp(it.magic, "MDRM", 4) != 0 || it.version != 1 || it.checksum != checksum) return 2;
  if (it.zero != 0 || memcmp(it.zeros, zeros, sizeof(zeros)) != 0) return 3;
  printf("%d %d %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " ", it.on_demand, it.persistence, it.access, it.key,
         it.address, it.length);
  for (size_t i = 0; i < sizeof(it.gid); i++) printf("%02x", it.gid[i]);
  return 0;
}
