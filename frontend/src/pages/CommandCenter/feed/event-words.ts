import { statusKind, type StatusKind, statusWords } from '../../../components/status-kind';
import { textIn } from '../../../components/text-of';
import { countWords } from '../../../components/time-words';
import { eventIds, projectOf } from '../../../state/arrival';
import type { FeedEntry } from '../../../state/live-view';

type AnyFeedEvent = FeedEntry['event'];

/** The project that an event belongs to; `undefined`: none, or none that it names. */
export function eventProject(event: AnyFeedEvent): string | undefined {
  return projectOf(event) || undefined;
}

/** What an event is about, in one line: which task, node or agent, and what is said of it. */
export function eventWords(event: AnyFeedEvent): string {
  const data: Readonly<Record<string, unknown>> = event.data;
  const { taskId, agentId, executionId, nodeId } = eventIds(event);
  const progress = typeof data.progress === 'number' ? `${Math.round(data.progress)}%` : undefined;
  const slots =
    typeof data.activeCount === 'number' && typeof data.availableSlots === 'number'
      ? `${countWords(data.activeCount)} of ${countWords(data.activeCount + data.availableSlots)} slots used`
      : undefined;
  const status = textIn(data, 'status') ?? textIn(data, 'state');
  const said = textIn(data, 'error') ?? textIn(data, 'title') ?? textIn(data, 'message') ?? pieceOf(data);
  const parts = [
    taskId || agentId || executionId,
    nodeId,
    said,
    status === undefined ? undefined : statusWords(status).toLowerCase(),
    progress,
    slots,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** What an event says of what it is about, as far as its colour goes. */
export function eventKind(event: AnyFeedEvent): StatusKind {
  const data: Readonly<Record<string, unknown>> = event.data;
  const level = textIn(data, 'level')?.toLowerCase();
  if (event.event === 'error' || level === 'error') return 'failed';
  if (level === 'warning' || level === 'warn') return 'paused';
  const status = textIn(data, 'status') ?? textIn(data, 'state') ?? event.event.split(':')[1];
  if (status === 'progress') return 'running';
  return statusKind(status) === 'other' ? 'waiting' : statusKind(status);
}

/** The piece of a text that is streamed. */
function pieceOf(data: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['token', 'content', 'chunk', 'text', 'delta']) {
    const piece = data[name];
    if (typeof piece === 'string') return `“${piece.trim()}”`;
  }
  return undefined;
}
