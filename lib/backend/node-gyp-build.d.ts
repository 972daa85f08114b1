declare module 'node-gyp-build' {
  /** Loads the addon of the package in `directory`: build/Release first, then prebuilds/. */
  function load<T>(directory: string): T;
  export = load;
}
