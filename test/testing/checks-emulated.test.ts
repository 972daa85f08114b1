import './emulated-backend.js';
import { defineChecks } from './checks.js';

defineChecks('emulated');
