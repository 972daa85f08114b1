/// <reference types="node" preserve="true" />
// The same instance as require('mapdirect/rdma') gives.
export * from './index.js';
