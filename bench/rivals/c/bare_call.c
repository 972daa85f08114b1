// The least that a call from JavaScript can be: an addon whose functions persist() and store() take no argument, check
// nothing and call pmem2 persist. They go from block to block of a layout. open(FILE) maps the file. aim(LAYOUT) sets
// "LENGTH:STRIDE:BLOCKS:BATCHES", and starts at the first block. dirty() stores to each line of each block.
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdint.h>

#include "layout.h"
#include "pmem2_file.h"

enum { LONGEST_ARGUMENT = 4096 };

static struct layout aimed;
static char *base, *next, *end;
static pmem2_persist_fn persist;

static void argument(napi_env env, napi_callback_info info, char* text) {
  napi_value value;
  size_t count = 1;
  if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) == napi_ok && count == 1 &&
      napi_get_value_string_utf8(env, value, text, LONGEST_ARGUMENT, NULL) == napi_ok)
    return;
  fprintf(stderr, "error: the argument is no text\n");
  exit(2);
}

static napi_value open_file(napi_env env, napi_callback_info info) {
  char path[LONGEST_ARGUMENT];
  argument(env, info, path);
  struct pmem2_map* const map = map_file(path);
  base = pmem2_map_get_address(map);
  persist = pmem2_get_persist_fn(map);
  return NULL;
}

static napi_value aim(napi_env env, napi_callback_info info) {
  char text[LONGEST_ARGUMENT];
  argument(env, info, text);
  aimed = parse_layout(text);
  next = base;
  end = base + aimed.stride * aimed.blocks;
  return NULL;
}

static napi_value make_dirty(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  static char value;
  dirty(base, &aimed, ++value);
  return NULL;
}

static inline char* next_block(void) {
  char* const block = next;
  next += aimed.stride;
  if (next == end) next = base;
  return block;
}

static napi_value persist_block(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  persist(next_block(), aimed.length);
  return NULL;
}

static napi_value store_word(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  static uint64_t value;
  volatile uint64_t* const word = (uint64_t*)next_block();
  *word = ++value;
  persist((const void*)word, sizeof *word);
  return NULL;
}

static void provide(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function) == napi_ok &&
      napi_set_named_property(env, exports, name, function) == napi_ok)
    return;
  fprintf(stderr, "error: cannot provide %s()\n", name);
  exit(1);
}

NAPI_MODULE_INIT() {
  provide(env, exports, "open", open_file);
  provide(env, exports, "aim", aim);
  provide(env, exports, "dirty", make_dirty);
  provide(env, exports, "persist", persist_block);
  provide(env, exports, "store", store_word);
  return exports;
}
