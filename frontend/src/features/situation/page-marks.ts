import type { Situation, Tone } from './situation';

/** Why the data is not current. */
export type OutageKind = 'away' | 'degraded' | 'signed-out';

export interface Outage {
  readonly kind: OutageKind;
  /** Up to when the data is complete, in Unix milliseconds of the relay's clock; `null`: unknown. */
  readonly since: number | null;
}

/** What is visible of a page while it is not looked at: in its title and on its icon. */
export interface PageMarks {
  readonly outage: Outage | null;
  /** Number of failures since the page was last visible. */
  readonly unseen: number;
  /** `none`: the usual icon. Grey: nothing is known now. Amber: a problem, or the data may be incomplete. Red: failures. */
  readonly color: 'none' | 'grey' | 'amber' | 'red';
}

/** The outage that the situation reports; `null`: the data is current, or is being loaded. */
export function outageOf({ parts }: Situation): Outage | null {
  for (const part of parts) {
    if (part.kind === 'away' || part.kind === 'degraded' || part.kind === 'signed-out') return { kind: part.kind, since: part.since };
  }
  return null;
}

/** The marks of the situation. @param unseen Number of failures since the page was last visible. */
export function pageMarks(situation: Situation, unseen: number): PageMarks {
  const outage = outageOf(situation);
  return { outage, unseen, color: colorOf(outage, unseen, situation.tone) };
}

function colorOf(outage: Outage | null, unseen: number, tone: Tone): PageMarks['color'] {
  if (outage !== null) return outage.kind === 'degraded' ? 'amber' : 'grey';
  if (unseen > 0 || tone === 'bad') return 'red';
  return tone === 'notice' ? 'amber' : 'none';
}
