/// <reference types="node" preserve="true" />
// The same instance as require('mapdirect/testing') gives.
export * from './index.js';
