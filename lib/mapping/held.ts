import { registryPart } from '../core/registry.js';

/** Mappings that must not be garbage collected: those with a pin. */
export const pinnedMappings = registryPart('held', () => new Set<object>());
