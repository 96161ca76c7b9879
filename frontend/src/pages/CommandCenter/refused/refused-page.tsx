import { useQuery } from '@tanstack/react-query';
import { CloudOff, ShieldCheck } from 'lucide-react';
import { ApiError, getJson } from '../../../components/api';
import { Ago } from '../../../components/ago';
import buttons from '../../../components/button.module.css';
import { Empty } from '../../../components/empty';
import { sentence } from '../../../components/text-of';
import { countWords, momentOf, ofWords } from '../../../components/time-words';
import { TryCommands } from '../../../components/try-commands';
import layout from '../page.module.css';
import { correctionWords, groupRefusals, parseRefusals, parseTotals, type RefusedGroup, refusalWords } from './refusals';
import styles from './refused-page.module.css';

/** How often the relay is asked, in milliseconds, while this view is open and the page is seen. */
const everyMs = 5000;

const tries = [`redis-cli publish cecelia:events 'not json'`];

/** What publishers sent that the relay did not accept, and why. */
export function RefusedPage() {
  const refusals = useQuery({
    queryKey: ['refused'],
    queryFn: async ({ signal }) => parseRefusals(await getJson('api/v1/refused', signal)),
    refetchInterval: everyMs,
  });
  const totals = useQuery({
    queryKey: ['status'],
    queryFn: async ({ signal }) => parseTotals(await getJson('api/v1/status', signal)),
    refetchInterval: everyMs,
  });
  const { data, error } = refusals;
  const reasons = data?.counts.filter(({ count }) => count > 0) ?? [];
  const all = reasons.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Refused</h1>
        <p>
          {data !== undefined &&
            `${countWords(all)} refused${totals.data === undefined ? '' : ` of ${ofWords(totals.data.received, 'event')} since the relay started`}`}
        </p>
      </header>
      {error !== null && (
        <div className={styles.error} role="alert">
          <CloudOff size={16} aria-hidden />
          <p>
            {`${data === undefined ? 'Failed to load the list' : 'The list is out of date'}: ${errorWords(error)} Retrying every ${everyMs / 1000} seconds.`}
          </p>
          <button type="button" className={buttons.button} onClick={() => void refusals.refetch()}>
            Try again
          </button>
        </div>
      )}
      {reasons.length > 0 && (
        <ul className={styles.reasons} aria-label="Refusals by reason">
          {reasons.map(({ reason, count }) => (
            <li key={reason} title={refusalWords(reason)}>
              <code translate="no">{reason}</code> <b>{countWords(count)}</b>
            </li>
          ))}
        </ul>
      )}
      <div className={layout.fill}>
        {data === undefined ? (
          error === null && <Skeleton />
        ) : data.kept.length === 0 ? (
          <div className={styles.nothing}>
            <Empty title="No refused events" icon={ShieldCheck}>
              <p>Events that the relay refuses are listed here with the reason. To publish an invalid event:</p>
              <TryCommands commands={tries} />
            </Empty>
          </div>
        ) : (
          <ol className={styles.list} aria-label={`The last ${data.kept.length} refused events`}>
            {groupRefusals(data.kept).map((group, index) => (
              <Refused key={`${group.newest.time}${index}`} group={group} />
            ))}
          </ol>
        )}
      </div>
    </div>
  );
}

/** Why there was no answer, as a sentence. */
function errorWords(error: Error): string {
  return error instanceof ApiError ? `${error.message.replace(/[.]$/, '')}.` : 'the relay is not reachable.';
}

function Refused({ group: { newest: refused, count } }: { readonly group: RefusedGroup }) {
  const correction = correctionWords(refused.reason);
  const at = momentOf(refused.time);
  return (
    <li className={styles.refused}>
      <p className={styles.reason}>
        <code translate="no">{refused.reason}</code>
        <span>{at === null ? refused.time : <Ago at={at} />}</span>
        {count > 1 && <b>{`× ${countWords(count)}`}</b>}
      </p>
      <div>
        <p className={styles.words}>{refused.detail === '' ? refusalWords(refused.reason) : sentence(refused.detail)}</p>
        {correction !== undefined && <p className={styles.detail}>{correction}</p>}
        <pre className={styles.excerpt} aria-label="Start of the payload" translate="no">
          {refused.excerpt === '' ? '(empty)' : refused.excerpt}
        </pre>
        <p className={styles.meta}>
          <span translate="no">{refused.channel}</span> <span>{`· ${ofWords(refused.bytes, 'byte')}`}</span>
        </p>
      </div>
    </li>
  );
}

function Skeleton() {
  return (
    <div className={styles.list} role="status" aria-label="Loading refused events">
      {[0, 1, 2].map((row) => (
        <div key={row} className={styles.bone} />
      ))}
    </div>
  );
}
