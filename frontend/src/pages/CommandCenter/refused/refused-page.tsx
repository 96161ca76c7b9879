import { useQuery } from '@tanstack/react-query';
import { CloudOff, ShieldCheck } from 'lucide-react';
import { ExportMenu } from '../../../features/export/export-menu';
import { shownData } from '../../../features/export/shown-data';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { getJson } from '../../../features/relay/relay-api';
import { RelativeTime } from '../../../features/relay/relative-time';
import buttons from '../../../components/button.module.css';
import { EmptyState } from '../../../components/empty-state';
import { toSentence } from '../../../format/format-value';
import { formatCount, parseTimestamp } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { ExampleCommands } from '../components/example-commands';
import { language } from '../../../i18n/preferences';
import layout from '../page.module.css';
import {
  correctionText,
  groupRefusedEvents,
  parseRefusedEvents,
  parseTotals,
  refusedColumns,
  type RefusedEvent,
  type RefusedGroup,
  refusalText,
} from './refused-events';
import styles from './refused-page.module.css';

/** Polling interval in milliseconds, while this view is open and the page is visible. */
const intervalMs = 5000;

// eslint-disable-next-line translation/no-literal-words -- a shell command
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
        <h1>{t('refused.title')}</h1>
        <p>
          {data !== undefined &&
            (totals.data === undefined
              ? t('refused.count', { count: all })
              : t('refused.count.of', { count: all, all: totals.data.received }))}
        </p>
        {data !== undefined && data.kept.length > 0 && (
          <ExportMenu
            collect={() => shownData({ view: 'refused', missing: Math.max(0, all - data.kept.length) }, data.kept, refusedColumns)}
          />
        )}
      </header>
      {error !== null && (
        <div className={styles.error} role="alert">
          <CloudOff size={16} aria-hidden />
          <p>
            <span>
              {t(data === undefined ? 'common.load.failed' : 'common.load.old', { why: loadErrorText(error), seconds: intervalMs / 1000 })}
            </span>
            <RelaySentence text={relaySentence(error)} />
          </p>
          <button type="button" className={buttons.button} onClick={() => void refusals.refetch()}>
            {t('common.try-again')}
          </button>
        </div>
      )}
      {reasons.length > 0 && (
        <ul className={styles.reasons} aria-label={t('refused.reasons')}>
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
            <EmptyState title={t('refused.none')} icon={ShieldCheck}>
              <p>{t('refused.none.text')}</p>
              <ExampleCommands commands={examples} />
            </EmptyState>
          </div>
        ) : (
          <ol className={styles.list} aria-label={t('refused.list', { count: data.kept.length })}>
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
        <Explanation of={refused} />
        {correction !== undefined && <p className={styles.detail}>{correction}</p>}
        <pre className={styles.excerpt} aria-label={t('refused.payload')} {...published(refused.excerpt)}>
          {refused.excerpt === '' ? t('refused.payload.empty') : refused.excerpt}
        </pre>
        <p className={styles.meta}>
          <span translate="no">{refused.channel}</span> <span>{`· ${t('time.bytes', { count: refused.bytes })}`}</span>
        </p>
      </div>
    </li>
  );
}

/** The detail of the relay, which is in English, otherwise the reason. In other languages both. */
function Explanation({ of: { reason, detail } }: { readonly of: RefusedEvent }) {
  const isEnglish = language.get() === 'en';
  if (detail === '') return <p className={styles.words}>{refusalText(reason)}</p>;
  return (
    <>
      {!isEnglish && <p className={styles.words}>{refusalText(reason)}</p>}
      <p className={isEnglish ? styles.words : styles.detail} translate="no" lang="en">
        {toSentence(detail)}
      </p>
    </>
  );
}

function Skeleton() {
  return (
    <div className={styles.list} role="status" aria-label={t('refused.loading')}>
      {[0, 1, 2].map((row) => (
        <div key={row} className={styles.bone} />
      ))}
    </div>
  );
}
