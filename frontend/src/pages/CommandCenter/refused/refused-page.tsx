import { useQuery } from '@tanstack/react-query';
import { CloudOff, ShieldCheck } from 'lucide-react';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { getJson } from '../../../features/relay/relay-api';
import { RelativeTime } from '../../../features/relay/relative-time';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { toSentence } from '../../../format/format-value';
import { formatCount, parseTimestamp, formatQuantity } from '../../../format/format-time';
import { ExampleCommands } from '../components/example-commands';
import layout from '../page.module.css';
import { correctionText, groupRefusedEvents, parseRefusedEvents, parseTotals, type RefusedGroup, refusalText } from './refused-events';
import styles from './refused-page.module.css';

/** Polling interval in milliseconds, while this view is open and the page is visible. */
const intervalMs = 5000;

const examples = [`redis-cli publish cecelia:events 'not json'`];

/** The events that the relay refused, with the reasons. */
export function RefusedPage() {
  const refusals = useQuery({
    queryKey: ['refused'],
    queryFn: async ({ signal }) => parseRefusedEvents(await getJson('api/v1/refused', signal)),
    refetchInterval: intervalMs,
  });
  const totals = useQuery({
    queryKey: ['status'],
    queryFn: async ({ signal }) => parseTotals(await getJson('api/v1/status', signal)),
    refetchInterval: intervalMs,
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
            `${formatCount(all)} refused${totals.data === undefined ? '' : ` of ${formatQuantity(totals.data.received, 'event')} since the relay started`}`}
        </p>
      </header>
      {error !== null && (
        <div className={styles.error} role="alert">
          <CloudOff size={16} aria-hidden />
          <p>
            {`${data === undefined ? 'Failed to load the list' : 'The list is out of date'}: ${loadErrorText(error)} Retrying every ${intervalMs / 1000} seconds.`}
          </p>
          <button type="button" className={buttons.button} onClick={() => void refusals.refetch()}>
            Try again
          </button>
        </div>
      )}
      {reasons.length > 0 && (
        <ul className={styles.reasons} aria-label="RefusedEvents by reason">
          {reasons.map(({ reason, count }) => (
            <li key={reason} title={refusalText(reason)}>
              <code translate="no">{reason}</code> <b>{formatCount(count)}</b>
            </li>
          ))}
        </ul>
      )}
      <div className={layout.fill}>
        {data === undefined ? (
          error === null && <Skeleton />
        ) : data.kept.length === 0 ? (
          <div className={styles.nothing}>
            <EmptyState title="No refused events" icon={ShieldCheck}>
              <p>Events that the relay refuses are listed here with the reason. To publish an invalid event:</p>
              <ExampleCommands commands={examples} />
            </EmptyState>
          </div>
        ) : (
          <ol className={styles.list} aria-label={`The last ${data.kept.length} refused events`}>
            {groupRefusedEvents(data.kept).map((group, index) => (
              <Refused key={`${group.newest.time}${index}`} group={group} />
            ))}
          </ol>
        )}
      </div>
    </div>
  );
}

function Refused({ group: { newest: refused, count } }: { readonly group: RefusedGroup }) {
  const correction = correctionText(refused.reason);
  const at = parseTimestamp(refused.time);
  return (
    <li className={styles.refused}>
      <p className={styles.reason}>
        <code translate="no">{refused.reason}</code>
        <span>{at === null ? refused.time : <RelativeTime at={at} />}</span>
        {count > 1 && <b>{`× ${formatCount(count)}`}</b>}
      </p>
      <div>
        <p className={styles.words}>{refused.detail === '' ? refusalText(refused.reason) : toSentence(refused.detail)}</p>
        {correction !== undefined && <p className={styles.detail}>{correction}</p>}
        <pre className={styles.excerpt} aria-label="Start of the payload" translate="no">
          {refused.excerpt === '' ? '(empty)' : refused.excerpt}
        </pre>
        <p className={styles.meta}>
          <span translate="no">{refused.channel}</span> <span>{`· ${formatQuantity(refused.bytes, 'byte')}`}</span>
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
