import { native } from '../support/backends.js';
import { defineChecks } from './checks.js';

native.describe('on the native backend', () => defineChecks('native'));
