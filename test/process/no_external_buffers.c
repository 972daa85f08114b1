/* The answer of a runtime that forbids ArrayBuffers over memory that V8 did not allocate: Electron since 21. Node-API
 * calls it napi_no_external_buffers_allowed. */
int fake_create_external_arraybuffer(void) { return 22; }
