// Functions that node-addon-api refers to but the addon does not use.

#include "runtime.h"

#define MAPDIRECT_UNUSED(name, ...) \
  napi_status name(__VA_ARGS__) { runtime::Die("%s: the miniature does not implement it", #name); }

MAPDIRECT_UNUSED(napi_async_destroy, napi_env, napi_async_context)
MAPDIRECT_UNUSED(napi_close_callback_scope, napi_env, napi_callback_scope)
MAPDIRECT_UNUSED(napi_open_escapable_handle_scope, napi_env, napi_escapable_handle_scope*)
MAPDIRECT_UNUSED(napi_close_escapable_handle_scope, napi_env, napi_escapable_handle_scope)
MAPDIRECT_UNUSED(napi_escape_handle, napi_env, napi_escapable_handle_scope, napi_value, napi_value*)
MAPDIRECT_UNUSED(napi_define_properties, napi_env, napi_value, size_t, const napi_property_descriptor*)
MAPDIRECT_UNUSED(napi_get_property, napi_env, napi_value, napi_value, napi_value*)
