/** The category of a status. Publishers may use any status text. */
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
  const key = status?.toLowerCase() ?? '';
  return Object.hasOwn(kinds, key) ? (kinds[key] ?? 'other') : 'other';
}

/** Returns true if the status is final. */
export function hasEnded(status: string | undefined): boolean {
  const kind = statusKind(status);
  return kind === 'done' || kind === 'failed' || kind === 'stopped';
}

/** Returns true if the entity was last updated before a gap and has not ended, so that its status may be out of date. */
export function isUncertain({ status, uncertain }: { readonly status?: string; readonly uncertain?: boolean }): boolean {
  return uncertain === true && !hasEnded(status);
}

/** Formats a status: `in_progress` becomes `In progress`. */
export function formatStatus(status: string | undefined): string {
  if (status === undefined || status === '') return 'No status';
  const text = status.replace(/[_-]+/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
