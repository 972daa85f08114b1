// Runs a program for arm64 under qemu-user. Statically linked: so it may remove LD_PRELOAD, which names a library for the
// emulated program, before a dynamic linker of this machine sees it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char** const words = calloc((size_t)argc + 10, sizeof *words);
  if (words == NULL) return 127;
  int count = 0;
  words[count++] = "qemu-aarch64";
  words[count++] = "-L";
  words[count++] = LIBRARIES;
  words[count++] = "-cpu";
  words[count++] = CPU;
  const char* const preload = getenv("LD_PRELOAD");
  if (preload != NULL) {
    static char setting[4096];
    snprintf(setting, sizeof setting, "LD_PRELOAD=%s", preload);
    unsetenv("LD_PRELOAD");
    words[count++] = "-E";
    words[count++] = setting;
  }
  words[count++] = PROGRAM;
#ifdef FIRST_ARGUMENT
  words[count++] = FIRST_ARGUMENT;
#endif
  memcpy(words + count, argv + 1, (size_t)(argc - 1) * sizeof *words);
  execvp(words[0], words);
  perror(words[0]);
  return 127;
}
