// Usage: trace_flush PROGRAM ARGS... (x86_64 only)
//
// Runs a program and steps through its main thread between two marks, as often as the marks come. Prints every store
// fence and every instruction that writes a cache line back, with the address of the line.
//
// The marks are system calls that no other program makes: fcntl(-424242, ...) begins, fcntl(-424243, ...) ends. The
// encodings are in the Intel SDM, vol. 2 (CLWB, CLFLUSHOPT, CLFLUSH, SFENCE). The lines on standard error are
// "trace: begin" and "trace: NAME [ADDRESS]".
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGIN = -424242, END = -424243, LONGEST = 15 };

static pid_t child;

static void fail(const char* step) {
  fprintf(stderr, "trace: failed %s: %s\n", step, strerror(errno));
  if (child > 0) kill(child, SIGKILL);
  exit(3);
}

static uint64_t reg(const struct user_regs_struct* r, unsigned number) {
  const uint64_t all[] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
                          r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
  return all[number];
}

// Returns the address of a ModRM operand in memory.
static uint64_t address(const struct user_regs_struct* r, const uint8_t* modrm, unsigned rex, uint64_t next_rip) {
  const unsigned mod = modrm[0] >> 6;
  unsigned rm = modrm[0] & 7;
  const uint8_t* displacement = modrm + 1;
  uint64_t base = 0;
  if (rm == 4) {
    const uint8_t sib = *displacement++;
    const unsigned index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    rm = sib & 7;
    if (index != 4) base += reg(r, index) << (sib >> 6);
    if (!(rm == 5 && mod == 0)) base += reg(r, rm | ((rex & 1) << 3));
    else return base + (uint64_t)(int64_t)*(const int32_t*)displacement;
  } else if (rm == 5 && mod == 0) {
    return next_rip + (uint64_t)(int64_t)*(const int32_t*)displacement;
  } else {
    base = reg(r, rm | ((rex & 1) << 3));
  }
  if (mod == 1) return base + (uint64_t)(int64_t)*(const int8_t*)displacement;
  if (mod == 2) return base + (uint64_t)(int64_t)*(const int32_t*)displacement;
  return base;
}

static void look(const struct user_regs_struct* r, const uint8_t* code) {
  const uint8_t* at = code;
  int operand_size = 0;
  unsigned rex = 0;
  while (*at == 0x66 || *at == 0x2e || *at == 0x3e) operand_size |= *at++ == 0x66;
  if ((*at & 0xf0) == 0x40) rex = *at++;
  if (at[0] != 0x0f || at[1] != 0xae) return;
  const unsigned mod = at[2] >> 6, extension = (at[2] >> 3) & 7;
  if (mod == 3) {
    if (extension == 7 && !operand_size) fprintf(stderr, "trace: sfence\n");
    return;
  }
  const char* name = extension == 7 ? (operand_size ? "clflushopt" : "clflush") : extension == 6 && operand_size ? "clwb" : NULL;
  // (xsaveopt has the encoding of clwb without the prefix.) rip-relative operands are not used by flush loops.
  if (name != NULL) fprintf(stderr, "trace: %s %llx\n", name, (unsigned long long)address(r, at + 2, rex, 0));
}

// Returns 0 for a stop by the trace, 1 for a signal to pass on. Exits when the child has ended.
static int wait_for(int* signal_to_pass) {
  int status = 0;
  *signal_to_pass = 0;
  if (waitpid(child, &status, 0) < 0) fail("waitpid");
  if (WIFEXITED(status)) exit(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) exit(128 + WTERMSIG(status));
  const int signal = WSTOPSIG(status);
  if (signal == SIGTRAP || signal == (SIGTRAP | 0x80)) return 0;
  *signal_to_pass = signal;
  return 1;
}

static int is_mark(const struct user_regs_struct* r, uint64_t number, int mark) {
  return number == SYS_fcntl && (int)r->rdi == mark;
}

static void step_until_end(void) {
  struct user_regs_struct r;
  int signal = 0;
  for (;;) {
    if (ptrace(PTRACE_GETREGS, child, NULL, &r) != 0) fail("registers");
    uint8_t code[LONGEST] = {0};
    const struct iovec local = {code, sizeof(code)}, remote = {(void*)r.rip, sizeof(code)};
    if (process_vm_readv(child, &local, 1, &remote, 1, 0) >= 2) {
      if (code[0] == 0x0f && code[1] == 0x05 && is_mark(&r, r.rax, END)) return;
      look(&r, code);
    }
    if (ptrace(PTRACE_SINGLESTEP, child, NULL, (void*)(intptr_t)signal) != 0) fail("step");
    wait_for(&signal);
  }
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) fail("traceme");
    execvp(argv[1], argv + 1);
    fail(argv[1]);
  }
  int signal = 0;
  wait_for(&signal);
  if (ptrace(PTRACE_SETOPTIONS, child, NULL, (void*)(intptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) != 0) fail("options");
  signal = 0;
  for (;;) {
    if (ptrace(PTRACE_SYSCALL, child, NULL, (void*)(intptr_t)signal) != 0) fail("run");
    struct user_regs_struct r;
    if (wait_for(&signal) != 0) continue;
    if (ptrace(PTRACE_GETREGS, child, NULL, &r) != 0) fail("registers");
    if (!is_mark(&r, r.orig_rax, BEGIN)) continue;
    fprintf(stderr, "trace: begin\n");
    step_until_end();
  }
}
