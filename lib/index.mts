/// <reference types="node" preserve="true" />
// The same instance as require('mapdirect') gives: two copies would be two registries.
export * from './index.js';
