import { t } from '../../i18n/messages';
import type { Batch } from './batch';
import { isSettled } from './command-verdict';
import { reasonText } from './verdict-text';

export interface SummaryLine {
  readonly kind: 'done' | 'failed' | 'open';
  readonly text: string;
}

/** Counts the verdicts of a batch: successes, then failures by reason, the most frequent first, then what is unknown and what was not sent. */
export function batchSummary({ action, verdicts, unsent }: Batch): readonly SummaryLine[] {
  let done = 0;
  const failed = new Map<string, number>();
  const open = new Map<string, number>();
  for (const verdict of verdicts.values()) {
    switch (verdict.status) {
      case 'done':
        done++;
        break;
      case 'refused':
      case 'impossible':
        increment(failed, reasonText(verdict));
        break;
      case 'unanswered':
      case 'unknown':
        increment(open, reasonText(verdict));
        break;
      case 'sending':
      case 'received':
        break;
    }
  }
  return [
    ...(done > 0 ? [{ kind: 'done' as const, text: t(`action.batch.${action}.done`, { count: done }) }] : []),
    ...descending(failed).map(([reason, count]) => ({
      kind: 'failed' as const,
      text: t(`action.batch.${action}.failed`, { count, reason }),
    })),
    ...descending(open).map(([reason, count]) => ({ kind: 'open' as const, text: t('action.batch.open', { count, reason }) })),
    ...(unsent > 0 ? [{ kind: 'open' as const, text: t('action.batch.unsent', { count: unsent }) }] : []),
  ];
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function descending(counts: ReadonlyMap<string, number>): readonly [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Returns how many verdicts of a batch are settled. */
export function settledCount({ verdicts }: Batch): number {
  return [...verdicts.values()].filter(isSettled).length;
}
