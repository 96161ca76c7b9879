import { t } from '../i18n/messages';

/** The category of a status. Publishers may use any status text. */
export type StatusKind = 'waiting' | 'running' | 'done' | 'failed' | 'paused' | 'stopped' | 'other';

const kinds = {
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
  waiting_for_input: 'paused',
  awaiting_input: 'paused',
  input_required: 'paused',
  blocked: 'paused',
  cancelled: 'stopped',
  canceled: 'stopped',
  skipped: 'stopped',
  stopped: 'stopped',
} as const satisfies Readonly<Record<string, StatusKind>>;

type KnownStatus = keyof typeof kinds;

function knownStatus(status: string | undefined): KnownStatus | undefined {
  const key = status?.toLowerCase() ?? '';
  return Object.hasOwn(kinds, key) ? (key as KnownStatus) : undefined;
}

export function statusKind(status: string | undefined): StatusKind {
  const known = knownStatus(status);
  return known === undefined ? 'other' : kinds[known];
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

/** Returns true if the status is shown as published, because it has no name in the language of the page. */
export function isPublishedStatus(status: string | undefined): boolean {
  return status !== undefined && status !== '' && knownStatus(status) === undefined;
}

/** Formats a status: `in_progress` becomes `In progress`. A status without a name in the language of the page is shown as published. */
export function formatStatus(status: string | undefined): string {
  if (status === undefined || status === '') return t('status.none');
  const known = knownStatus(status);
  if (known !== undefined) return t(`status.${known}`);
  const text = status.replace(/[_-]+/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Like `formatStatus`, with the note that the status may be out of date. */
export function formatUncertainStatus(status: string | undefined, isUncertain: boolean): string {
  return isUncertain ? t('status.uncertain', { status: formatStatus(status) }) : formatStatus(status);
}
