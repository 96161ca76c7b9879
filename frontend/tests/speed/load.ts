import type { RedisServer } from '../browser/servers';

/** A task of the load. */
interface LoadedTask {
  readonly id: string;
  status: 'queued' | 'running' | 'completed' | 'failed';
  progress: number;
}

/** So many pieces a second: one publishes at most 1/50 s of the load at once. */
const pieces = 50;

/** From queued to completed or failed, and back. */
const lifeSteps = 12;

/** A steady load of events on a fixed number of tasks, and what is true after it. Numbers, not chance, decide what happens: each run is the same. */
export class Load {
  readonly tasks: LoadedTask[];
  #next = 0;

  constructor(
    readonly redis: RedisServer,
    count: number,
  ) {
    this.tasks = Array.from({ length: count }, (_, index) => ({ id: `load-${index}`, status: 'queued', progress: 0 }));
  }

  /** Creates all tasks, each at another point of its life. */
  async create(): Promise<void> {
    for (const [index, task] of this.tasks.entries()) {
      const events: object[] = [{ event: 'task:created', data: { taskId: task.id, status: 'queued', title: `Task ${task.id}` } }];
      for (let steps = (index * 31) % lifeSteps; steps > 0; steps--) events.push(this.#step(task));
      await this.redis.publish(...events);
    }
  }

  /** Publishes at a steady rate for some seconds. The answer is the rate that it came to, in events per second. */
  async run(rate: number, seconds: number): Promise<number> {
    const start = performance.now();
    let published = 0;
    for (let piece = 0; piece < seconds * pieces; piece++) {
      const batch = Array.from({ length: rate / pieces }, () => this.#step(this.#nextTask()));
      await this.redis.publish(...batch);
      published += batch.length;
      const early = start + ((piece + 1) * 1000) / pieces - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    }
    return published / ((performance.now() - start) / 1000);
  }

  /** How many tasks have each status. */
  counts(): Record<LoadedTask['status'], number> {
    const counts = { queued: 0, running: 0, completed: 0, failed: 0 };
    for (const { status } of this.tasks) counts[status]++;
    return counts;
  }

  #nextTask(): LoadedTask {
    // A stride that has no factor in common with the number of tasks visits each in turn, but not one after the other.
    this.#next = (this.#next + 7919) % this.tasks.length;
    const task = this.tasks[this.#next];
    if (!task) throw new Error('no tasks');
    return task;
  }

  #step(task: LoadedTask): object {
    const data = (more: object) => ({ taskId: task.id, status: task.status, ...more });
    switch (task.status) {
      case 'queued':
        task.status = 'running';
        task.progress = 0;
        return { event: 'task:started', data: data({ progress: 0 }) };
      case 'running':
        if (task.progress < 90) {
          task.progress += 10;
          return { event: 'task:progress', data: data({ progress: task.progress }) };
        }
        task.status = task.id.endsWith('3') ? 'failed' : 'completed';
        return task.status === 'failed'
          ? { event: 'task:failed', data: data({ error: 'The load has it fail' }) }
          : { event: 'task:completed', data: data({ progress: 100 }) };
      case 'completed':
      case 'failed':
        task.status = 'queued';
        return { event: 'task:created', data: data({}) };
    }
  }
}
