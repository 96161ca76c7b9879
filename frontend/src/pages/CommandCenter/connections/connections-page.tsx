import { useMutation, useQuery } from '@tanstack/react-query';
import { Cable, CloudOff, Unplug } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { SearchField } from '../../../components/search-field';
import { VirtualList } from '../../../components/virtual-list';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { deleteJson, getJson } from '../../../features/relay/relay-api';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { formatCount, formatQuantity, parseTimestamp } from '../../../format/format-time';
import { useRowHeight } from '../feed/use-row-height';
import layout from '../page.module.css';
import styles from './connections-page.module.css';
import { closedText, lagText, missingText, type OpenConnection, parseConnections, userText } from './open-connections';

/** Polling interval in milliseconds, while this view is open and the page is visible. */
const intervalMs = 4000;

/** The open connections of all instances, those that are furthest behind first. */
export function ConnectionsPage() {
  const [search, setSearch] = useState('');
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
  const failed = data === undefined ? 'Failed to load the list' : 'The list is out of date';
  const missing = data === undefined ? null : missingText(data);
  const outcome = close.error === null ? close.data : `The connection was not closed: ${loadErrorText(close.error)}`;
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Connections</h1>
        <p>
          {data !== undefined &&
            [
              `${formatCount(data.open)} open at ${formatQuantity(data.answered, 'instance')}`,
              ...(data.more === 0 ? [] : [`${formatCount(data.more)} of them not listed`]),
            ].join(', ')}
        </p>
        <SearchField value={search} onChange={setSearch} placeholder="Search user, address, filter" label="Search connections" />
      </header>
      {error !== null && (
        <p className={styles.error} role="alert">
          <CloudOff size={16} aria-hidden />
          <span>{`${failed}: ${loadErrorText(error)} Retrying every ${intervalMs / 1000} seconds.`}</span>
        </p>
      )}
      {missing !== null && (
        <p className={styles.missing} role="alert">
          <CloudOff size={16} aria-hidden />
          <span>{`The list is incomplete. ${missing}`}</span>
        </p>
      )}
      <p className={styles.outcome} role="status">
        {outcome}
      </p>
      <section className={classNames(layout.fill, styles.connections)} aria-label="Connections">
        {data === undefined ? (
          error === null && <EmptyState title="Loading connections" icon={Cable} />
        ) : shown.length === 0 ? (
          <EmptyState title={query === '' ? 'No open connections' : 'No matching connections'} icon={Cable} />
        ) : (
          <VirtualList label="Open connections" count={shown.length} keyOf={(index) => shown[index]?.id ?? index} rowHeight={rowHeight}>
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
        <b translate="no">{userText(connection)}</b>
        <small translate="no">{address}</small>
      </p>
      <p className={styles.what}>
        <span>{[format, transport === 'websocket' ? '' : transport, compressed ? 'compressed' : ''].filter(Boolean).join(', ')}</span>
        <small title={filter} translate="no">
          {filter}
        </small>
      </p>
      <p className={styles.lag}>
        <span className={lagEvents > 0 ? styles.behind : undefined}>{lagText(connection)}</span>
        <small>
          <span>{`${formatCount(delivered)} delivered`}</span>
          {skipped > 0 && <em>{`, ${formatCount(skipped)} skipped`}</em>}
        </small>
      </p>
      <p className={styles.since}>
        <span>
          <span>{closing === '' ? 'open for ' : `closing (${closing}), open for `}</span>
          {at === null ? <span>{since}</span> : <ElapsedTime at={at} />}
        </span>
        <small>{formatQuantity(resumes, 'resume')}</small>
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
  return (
    <button
      type="button"
      className={classNames(buttons.button, styles.close, isAsking && styles.asking)}
      disabled={isDisabled}
      aria-label={`${isAsking ? 'Confirm: close' : 'Close'} the connection of ${name}`}
      onBlur={() => setAsking(false)}
      onClick={() => {
        setAsking(!isAsking);
        if (isAsking) onClose();
      }}
    >
      <Unplug size={14} aria-hidden /> <span>{isAsking ? 'Confirm' : 'Close'}</span>
    </button>
  );
}
