import { useMutation, useQuery } from '@tanstack/react-query';
import { Cable, CloudOff, Unplug } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { SearchField } from '../../../components/search-field';
import { VirtualList } from '../../../components/virtual-list';
import { useTravel } from '../../../features/history/page-moment';
import { ExportMenu } from '../../../features/export/export-menu';
import { shownData } from '../../../features/export/shown-data';
import { useShown } from '../../../features/navigation/route';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { deleteJson, getJson } from '../../../features/relay/relay-api';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { parseTimestamp } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import { useRowHeight } from '../feed/use-row-height';
import layout from '../page.module.css';
import styles from './connections-page.module.css';
import { closedText, connectionColumns, lagText, missingText, type OpenConnection, parseConnections, userText } from './open-connections';

/** Polling interval in milliseconds, while this view is open and the page is visible. */
const intervalMs = 4000;

/** The open connections of all instances, those that are furthest behind first. */
export function ConnectionsPage() {
  const [search, setSearch] = useShown('search');
  const rowHeight = Math.round(useRowHeight() * 1.7);
  const list = useQuery({
    queryKey: ['connections'],
    queryFn: async ({ signal }) => parseConnections(await getJson('api/v1/connections', signal)),
    refetchInterval: intervalMs,
  });
  const close = useMutation({
    mutationFn: async (id: string) => closedText(await deleteJson(`api/v1/connections/${encodeURIComponent(id)}`)),
    onSettled: () => list.refetch(),
    networkMode: 'always',
  });
  const { data, error } = list;
  const query = search.trim().toLowerCase();
  const shown = (data?.connections ?? []).filter(
    (one) =>
      query === '' || [userText(one), one.address, one.filter, one.format, one.instance, one.id].join(' ').toLowerCase().includes(query),
  );
  const missing = data === undefined ? null : missingText(data);
  const outcome = close.error === null ? close.data : t('connections.closed.failed', { why: loadErrorText(close.error) });
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>{t('connections.title')}</h1>
        <p>{data !== undefined && t('connections.count', { count: data.open, instances: data.answered, more: data.more })}</p>
        <SearchField value={search} onChange={setSearch} placeholder={t('connections.search.hint')} label={t('connections.search')} />
        {data !== undefined && shown.length > 0 && (
          <ExportMenu collect={() => shownData({ view: 'connections', missing: data.more }, shown, connectionColumns)} />
        )}
      </header>
      {error !== null && (
        <p className={styles.error} role="alert">
          <CloudOff size={16} aria-hidden />
          <span>
            <span>
              {t(data === undefined ? 'common.load.failed' : 'common.load.old', { why: loadErrorText(error), seconds: intervalMs / 1000 })}
            </span>
            <RelaySentence text={relaySentence(error)} />
          </span>
        </p>
      )}
      {missing !== null && (
        <p className={styles.missing} role="alert">
          <CloudOff size={16} aria-hidden />
          <span>
            <span>{t('connections.incomplete', { why: missing })}</span>
            <RelaySentence text={data?.reason} />
          </span>
        </p>
      )}
      <p className={styles.outcome} role="status">
        <span>{outcome}</span>
        {close.error !== null && <RelaySentence text={relaySentence(close.error)} />}
      </p>
      <section className={classNames(layout.fill, styles.connections)} aria-label={t('connections.title')}>
        {data === undefined ? (
          error === null && <EmptyState title={t('connections.loading')} icon={Cable} />
        ) : shown.length === 0 ? (
          <EmptyState title={t(query === '' ? 'connections.none' : 'connections.none.matching')} icon={Cable} />
        ) : (
          <VirtualList
            label={t('connections.list')}
            count={shown.length}
            keyOf={(index) => shown[index]?.id ?? index}
            rowHeight={rowHeight}
          >
            {(index) => {
              const connection = shown[index];
              return connection === undefined ? null : (
                <ConnectionRow connection={connection} isBusy={close.isPending} onClose={() => close.mutate(connection.id)} />
              );
            }}
          </VirtualList>
        )}
      </section>
    </div>
  );
}

interface ConnectionRowProps {
  readonly connection: OpenConnection;
  readonly isBusy: boolean;
  readonly onClose: () => void;
}

function ConnectionRow({ connection, isBusy, onClose }: ConnectionRowProps) {
  const { id, instance, address, transport, format, compressed, filter, since, lagEvents, delivered, skipped, resumes, closing } =
    connection;
  const at = parseTimestamp(since);
  return (
    <div className={styles.connection}>
      <p className={styles.who}>
        <b {...(connection.user !== '' && published(userText(connection)))}>{userText(connection)}</b>
        <small translate="no">{address}</small>
      </p>
      <p className={styles.what}>
        <span>
          <span translate="no">{[format, transport === 'websocket' ? '' : transport].filter(Boolean).join(' · ')}</span>
          {compressed && <span>{` · ${t('connections.compressed')}`}</span>}
        </span>
        <small title={filter} {...published(filter)}>
          {filter}
        </small>
      </p>
      <p className={styles.lag}>
        <span className={lagEvents > 0 ? styles.behind : undefined}>{lagText(connection)}</span>
        <small>
          <span>{t('connections.delivered', { count: delivered })}</span>
          {skipped > 0 && <em>{` · ${t('connections.skipped', { count: skipped })}`}</em>}
        </small>
      </p>
      <p className={styles.since}>
        <span>
          <Text
            id={closing === '' ? 'connections.open-for' : 'connections.closing'}
            values={{
              reason: closing,
              duration: at === null ? since : <ElapsedTime at={at} />,
              code: (content) => <code translate="no">{content}</code>,
            }}
          />
        </span>
        <small>{t('connections.resumes', { count: resumes })}</small>
      </p>
      <p className={styles.instance}>
        <span translate="no">{instance}</span>
        <small translate="no">{id}</small>
      </p>
      <CloseButton name={`${userText(connection)}, ${address}`} isDisabled={isBusy || closing !== ''} onClose={onClose} />
    </div>
  );
}

/** Closes after a second press. */
function CloseButton({ name, isDisabled, onClose }: { readonly name: string; readonly isDisabled: boolean; readonly onClose: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const isPast = useTravel().status === 'past';
  return (
    <button
      type="button"
      className={classNames(buttons.button, styles.close, isAsking && styles.asking)}
      disabled={isDisabled || isPast}
      title={isPast ? t('history.commands') : undefined}
      aria-label={t(isAsking ? 'connections.close.confirm.label' : 'connections.close.label', { name })}
      onBlur={() => setAsking(false)}
      onClick={() => {
        setAsking(!isAsking);
        if (isAsking) onClose();
      }}
    >
      <Unplug size={14} aria-hidden /> <span>{t(isAsking ? 'connections.close.confirm' : 'connections.close')}</span>
    </button>
  );
}
