// Prints the line coverage of src/ by the unit tests and the tests in a browser together: npm run coverage -- FOLDER MINIMUM
// Exits with 1 below the minimum, which is in percent. FOLDER has coverage-final.json of the unit tests and browser/*.json (covered-lines.ts).
import { readFileSync, readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [folder = '', minimum = ''] = process.argv.slice(2);

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The lines of each file that a page executed. */
const inBrowser = new Map();
for (const name of readdirSync(`${folder}/browser`)) {
  for (const [file, lines] of Object.entries(readJson(`${folder}/browser/${name}`))) {
    inBrowser.set(file, new Set([...(inBrowser.get(file) ?? []), ...lines]));
  }
}

const files = Object.entries(readJson(`${folder}/coverage-final.json`)).map(([path, { statementMap, s }]) => {
  const file = relative(root, path);
  // A line counts if a statement starts on it, and is covered if one of these statements was executed.
  const isCovered = new Map();
  for (const [id, { start }] of Object.entries(statementMap)) {
    isCovered.set(start.line, isCovered.get(start.line) || s[id] > 0 || inBrowser.get(file)?.has(start.line) || false);
  }
  return { file, lines: isCovered.size, uncovered: [...isCovered].filter(([, covered]) => !covered).map(([line]) => line) };
});

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const lines = sum(files.map((file) => file.lines));
const uncovered = sum(files.map((file) => file.uncovered.length));
const percent = (100 * (lines - uncovered)) / lines;

for (const { file, lines, uncovered } of files.sort((a, b) => b.uncovered.length - a.uncovered.length).slice(0, 10)) {
  if (uncovered.length > 0) console.log(`${uncovered.length.toString().padStart(5)} uncovered of ${lines.toString().padStart(5)}  ${file}`);
}
console.log(`Line coverage of the front end: ${percent.toFixed(1)} % (${lines - uncovered} of ${lines}), minimum ${minimum} %`);
process.exitCode = percent >= Number(minimum) ? 0 : 1;
