import { eventIds, type FeedEntry, projectOf } from 'cecelia-client/state';
import { statusKind, type StatusKind, formatStatus } from '../../../format/status-kind';
import { formatField } from '../../../format/format-value';
import { formatPercent } from '../../../format/format-time';
import { t } from '../../../i18n/messages';

type AnyFeedEvent = FeedEntry['event'];

/** Returns the project of an event; `undefined` if it names none. */
export function eventProject(event: AnyFeedEvent): string | undefined {
  return projectOf(event) || undefined;
}

/** Summarizes an event in one line: the task, node or agent, and the message. */
export function eventText(event: AnyFeedEvent): string {
  const data: Readonly<Record<string, unknown>> = event.data;
  const { taskId, agentId, executionId, nodeId } = eventIds(event);
  const progress = typeof data.progress === 'number' ? formatPercent(data.progress) : undefined;
  const slots =
    typeof data.activeCount === 'number' && typeof data.availableSlots === 'number'
      ? t('feed.slots', { used: data.activeCount, all: data.activeCount + data.availableSlots })
      : undefined;
  const status = formatField(data, 'status') ?? formatField(data, 'state');
  const message = formatField(data, 'error') ?? formatField(data, 'title') ?? formatField(data, 'message') ?? chunkOf(data);
  const parts = [
    taskId || agentId || executionId,
    nodeId,
    message,
    status === undefined ? undefined : formatStatus(status).toLowerCase(),
    progress,
    slots,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** Classifies an event for its color. */
export function eventKind(event: AnyFeedEvent): StatusKind {
  const data: Readonly<Record<string, unknown>> = event.data;
  const level = formatField(data, 'level')?.toLowerCase();
  if (event.event === 'error' || level === 'error') return 'failed';
  if (level === 'warning' || level === 'warn') return 'paused';
  const status = formatField(data, 'status') ?? formatField(data, 'state') ?? event.event.split(':')[1];
  if (status === 'progress') return 'running';
  return statusKind(status) === 'other' ? 'waiting' : statusKind(status);
}

/** Returns the chunk of a streamed text. */
function chunkOf(data: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['token', 'content', 'chunk', 'text', 'delta']) {
    const chunk = data[name];
    if (typeof chunk === 'string') return `“${chunk.trim()}”`;
  }
  return undefined;
}
