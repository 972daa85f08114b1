import './emulated-backend.js';
import { defineGrowth } from './growth.js';

defineGrowth('emulated');
