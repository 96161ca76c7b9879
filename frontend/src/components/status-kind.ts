/** What a status means to whoever looks on; publishers' own words are free. */
export type StatusKind = 'waiting' | 'running' | 'done' | 'failed' | 'paused' | 'stopped' | 'other';

const kinds: Readonly<Record<string, StatusKind>> = {
  queued: 'waiting',
  pending: 'waiting',
  created: 'waiting',
  todo: 'waiting',
  idle: 'waiting',
  running: 'running',
  started: 'running',
  active: 'running',
  working: 'running',
  in_progress: 'running',
  resumed: 'running',
  completed: 'done',
  succeeded: 'done',
  success: 'done',
  done: 'done',
  failed: 'failed',
  error: 'failed',
  paused: 'paused',
  waiting: 'paused',
  blocked: 'paused',
  cancelled: 'stopped',
  canceled: 'stopped',
  skipped: 'stopped',
  stopped: 'stopped',
};

export function statusKind(status: string | undefined): StatusKind {
  const word = status?.toLowerCase() ?? '';
  return Object.hasOwn(kinds, word) ? (kinds[word] ?? 'other') : 'other';
}

/** Whether nothing more is expected of it. */
export function hasEnded(status: string | undefined): boolean {
  const kind = statusKind(status);
  return kind === 'done' || kind === 'failed' || kind === 'stopped';
}

/** Whether it was last heard of before a gap, so that it may have changed, or ended, since. */
export function isUncertain({ status, uncertain }: { readonly status?: string; readonly uncertain?: boolean }): boolean {
  return uncertain === true && !hasEnded(status);
}

/** The status as a word for people: `in_progress` is `In progress`. */
export function statusWords(status: string | undefined): string {
  if (status === undefined || status === '') return 'No status';
  const words = status.replace(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
