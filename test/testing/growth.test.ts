import { native } from '../support/backends.js';
import { defineGrowth } from './growth.js';

native.describe('on the native backend', () => defineGrowth('native'));
