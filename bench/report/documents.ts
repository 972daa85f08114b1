import fs from 'node:fs';
import path from 'node:path';
import type { Benchmark } from '../benchmark.js';
import { performanceDocument, pictures } from '../paths.js';
import { reportAsMarkdown, replaceReport } from './markdown.js';
import { drawPictures } from './pictures.js';
import type { Report } from './stored-report.js';

/** Writes the table of docs/performance.md and the files of docs/pictures. Removes pictures of earlier reports. */
export function writeDocuments(benchmarks: readonly Benchmark[], report: Report): void {
  const document = fs.readFileSync(performanceDocument, 'utf8');
  fs.writeFileSync(performanceDocument, replaceReport(document, reportAsMarkdown(benchmarks, report)));
  fs.mkdirSync(pictures, { recursive: true });
  const drawn = drawPictures(benchmarks, report.benchmarks);
  for (const name of fs.readdirSync(pictures)) if (!drawn.has(name)) fs.rmSync(path.join(pictures, name));
  for (const [name, content] of drawn) fs.writeFileSync(path.join(pictures, name), content);
}
