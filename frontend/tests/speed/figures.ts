import type { CDPSession, Page } from 'playwright-core';

/** What the page measures of itself, in milliseconds. */
interface Figures {
  longTasks: { at: number; duration: number }[];
  frames: number[];
}

/** What the main thread has spent since the page was opened, in seconds. */
interface Busy {
  readonly task: number;
  readonly script: number;
}

declare global {
  interface Window {
    figures: Figures;
  }
}

const part = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Long tasks and frames by the Performance API, and the heap after its collection. */
export class Watch {
  readonly #heap: number[] = [];
  #busy: Busy = { task: 0, script: 0 };

  private constructor(
    readonly page: Page,
    readonly session: CDPSession,
  ) {}

  static async start(page: Page): Promise<Watch> {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.enable');
    await session.send('Performance.enable');
    await page.evaluate(() => {
      const figures: Figures = { longTasks: [], frames: [] };
      window.figures = figures;
      new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries()) figures.longTasks.push({ at: startTime, duration });
      }).observe({ type: 'longtask' });
      let last = performance.now();
      const frame = (now: number) => {
        figures.frames.push(now - last);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const watch = new Watch(page, session);
    await watch.readHeap();
    watch.#busy = await watch.#readBusy();
    return watch;
  }

  /** Reads the heap. Collecting garbage for the figure is not the page's work, so what it takes is not counted. */
  async readHeap(): Promise<void> {
    const { longTasks, frames } = await this.page.evaluate(() => window.figures);
    await this.session.send('HeapProfiler.collectGarbage');
    this.#heap.push((await this.session.send('Runtime.getHeapUsage')).usedSize);
    await this.page.evaluate((kept) => void Object.assign(window.figures, kept), { longTasks, frames });
  }

  async #readBusy(): Promise<Busy> {
    const { metrics } = await this.session.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return { task: of('TaskDuration'), script: of('ScriptDuration') };
  }

  /** The figures in words, a line each. */
  async lines(seconds: number): Promise<string[]> {
    const { longTasks, frames } = await this.page.evaluate(() => window.figures);
    const busy = await this.#readBusy();
    const perSecond = (name: keyof Busy) => Math.round(((busy[name] - this.#busy[name]) * 1000) / seconds);
    frames.sort((a, b) => a - b);
    const worst = longTasks.toSorted((a, b) => b.duration - a.duration).slice(0, 3);
    return [
      `long tasks (over 50 ms): ${longTasks.length}, longest ${worst.map(({ at, duration }) => `${Math.round(duration)} ms (at ${Math.round(at / 1000)} s)`).join(', ')}; none over 200 ms is wanted`,
      `frames: ${frames.length} (${(frames.length / seconds).toFixed(0)}/s), p50 ${part(frames, 0.5).toFixed(1)} ms, p99 ${part(frames, 0.99).toFixed(1)} ms, longest ${Math.round(frames.at(-1) ?? 0)} ms`,
      `main thread: busy ${perSecond('task')} ms a second, scripts ${perSecond('script')}`,
      `heap after collection: ${this.#heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' → ')} MiB`,
    ];
  }
}
