import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TraceMap, eachMapping } from '@jridgewell/trace-mapping';
import type { Page } from 'playwright-core';

type Script = Awaited<ReturnType<Page['coverage']['stopJSCoverage']>>[number];

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Collects the lines of `src/` that pages execute. V8 counts in the script that the browser loads, so each count is moved to the source by the
 * script's source map: inline from Vite's server, and from `dist/app` for the page of the relay, whose scripts name no map.
 */
export class CoveredLines {
  readonly #lines = new Map<string, Set<number>>();
  readonly #maps = new Map<string, Promise<TraceMap | undefined>>();

  /** Adds the counts of a page. Scripts without a source map are ignored, such as those of a test. */
  async add(scripts: readonly Script[]): Promise<void> {
    for (const script of scripts) {
      const map = await this.#mapOf(script);
      if (map) this.#addScript(script, map);
    }
  }

  /** Writes `{ "src/file.ts": [1, 2, …] }` to a new file in the folder. */
  write(folder: string): void {
    const lines = Object.fromEntries([...this.#lines].map(([file, numbers]) => [file, [...numbers]]));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${crypto.randomUUID()}.json`), JSON.stringify(lines));
  }

  #mapOf({ url, source = '' }: Script): Promise<TraceMap | undefined> {
    const key = `${url} ${source.length}`;
    let map = this.#maps.get(key);
    if (!map) this.#maps.set(key, (map = readMap(url, source)));
    return map;
  }

  #addScript({ source = '', functions }: Script, map: TraceMap): void {
    const starts = [0];
    for (let end = source.indexOf('\n'); end >= 0; end = source.indexOf('\n', end + 1)) starts.push(end + 1);
    const isExecuted = executedAt(functions);
    eachMapping(map, ({ generatedLine, generatedColumn, source: path, originalLine }) => {
      const start = starts[generatedLine - 1];
      if (path === null || start === undefined || !isExecuted(start + generatedColumn)) return;
      const file = relative(root, path);
      if (!file.startsWith('src/')) return;
      const lines = this.#lines.get(file);
      if (lines) lines.add(originalLine);
      else this.#lines.set(file, new Set([originalLine]));
    });
  }
}

/** Returns the source map of a script, with absolute paths of its sources. */
async function readMap(url: string, source: string): Promise<TraceMap | undefined> {
  const { pathname } = new URL(url);
  const inline = /\n\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/.exec(source)?.[1];
  if (inline !== undefined) return new TraceMap(Buffer.from(inline, 'base64').toString(), resolve(join(root, pathname)));
  const file = join(root, 'dist/app', pathname);
  const text = await readFile(`${file}.map`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : new TraceMap(text, file);
}

/**
 * Returns a function that returns whether the code at an offset was executed. It must be called with ascending offsets.
 *
 * The ranges of all functions form a tree: a range lies inside another or beside it. The innermost one decides, as in this example, where the
 * function was called once and its branch was not taken:
 *
 *     function a() { if (x) { b(); } c(); }
 *     [------------ 1 ---------------------]
 *                           [- 0 -]
 */
function executedAt(functions: Script['functions']): (offset: number) => boolean {
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const open: typeof ranges = [];
  let next = 0;
  return (offset) => {
    for (let range = ranges[next]; range && range.startOffset <= offset; range = ranges[++next]) {
      closeUntil(range.startOffset);
      open.push(range);
    }
    closeUntil(offset);
    return (open.at(-1)?.count ?? 0) > 0;
  };

  function closeUntil(offset: number): void {
    for (let last = open.at(-1); last && last.endOffset <= offset; last = open.at(-1)) open.pop();
  }
}
