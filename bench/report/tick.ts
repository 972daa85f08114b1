import type { Unit } from '../benchmark.js';
import { formatFigure } from './terminal.js';

/** The label of a line of the scale: "10 us", without digits that say nothing. */
export function tickOf(unit: Unit): (value: number) => string {
  return (value) =>
    formatFigure(value, unit)
      .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
      .replace(/\.(?=\D|$)/, '');
}
