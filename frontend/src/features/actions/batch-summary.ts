import { t } from '../../i18n/messages';
import type { Batch } from './batch';
import { isSettled } from './command-verdict';
import { reasonText, verdictSentence } from './verdict-text';

export interface SummaryLine {
  readonly kind: 'done' | 'failed' | 'open';
  readonly text: string;
  /** What the relay says about the first of them. */
  readonly sentence?: string | null;
}

/** Counts the verdicts of a batch: successes, then failures by reason, the most frequent first, then what is unknown and what was not sent. */
export function batchSummary({ action, verdicts, unsent }: Batch): readonly SummaryLine[] {
  let done = 0;
  const failed: Groups = new Map();
  const open: Groups = new Map();
  for (const verdict of verdicts.values()) {
    switch (verdict.status) {
      case 'done':
        done++;
        break;
      case 'refused':
      case 'impossible':
        add(failed, verdict);
        break;
      case 'unanswered':
      case 'unknown':
        add(open, verdict);
        break;
      case 'sending':
      case 'received':
        break;
    }
  }
  return [
    ...(done > 0 ? [{ kind: 'done' as const, text: t(`action.batch.${action}.done`, { count: done }) }] : []),
    ...descending(failed).map(([reason, { count, sentence }]) => ({
      kind: 'failed' as const,
      text: t(`action.batch.${action}.failed`, { count, reason }),
      sentence,
    })),
    ...descending(open).map(([reason, { count, sentence }]) => ({
      kind: 'open' as const,
      text: t('action.batch.open', { count, reason }),
      sentence,
    })),
    ...(unsent > 0 ? [{ kind: 'open' as const, text: t('action.batch.unsent', { count: unsent }) }] : []),
  ];
}

/** Verdicts by what is said about them. */
type Groups = Map<string, { readonly count: number; readonly sentence: string | null }>;

function add(groups: Groups, verdict: Parameters<typeof reasonText>[0]): void {
  const reason = reasonText(verdict);
  const group = groups.get(reason);
  groups.set(reason, { count: (group?.count ?? 0) + 1, sentence: group === undefined ? verdictSentence(verdict) : group.sentence });
}

function descending(groups: Groups) {
  return [...groups].sort(([, a], [, b]) => b.count - a.count);
}

/** Returns how many verdicts of a batch are settled. */
export function settledCount({ verdicts }: Batch): number {
  return [...verdicts.values()].filter(isSettled).length;
}
