/// <reference types="node" preserve="true" />
// The same instance as require('mapdirect/compat/mmap-io') gives.
import commonJs from './index.js';

export * from './index.js';
export default commonJs.default;
