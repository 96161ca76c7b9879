import type { WSEventType } from 'cecelia-client';
import { useConnectStore, useWebSocketRouter } from 'cecelia-client/workflow';
import { useEffect, useState } from 'react';

export default function SessionText() {
  const connection = useConnectStore((store) => store.connection);
  const connect = useConnectStore((store) => store.connect);
  const disconnect = useConnectStore((store) => store.disconnect);
  const [text, setText] = useState('');
  const [status, setStatus] = useState('not started');

  useEffect(() => {
    connect('/ws');
    return disconnect;
  }, [connect, disconnect]);

  // An event without a route does not compile, and all events of other names are passed to `other`: none is dropped silently.
  useWebSocketRouter<WSEventType>(
    {
      token_stream: ({ data }) => setText((before) => (before + (data.token ?? '')).slice(-20_000)),
      node_state_change: 'ignore',
      'node:parallel_start': ({ data }) => console.log('running in parallel:', data.nodes ?? data.node_ids ?? data.branches),
      token_usage: ({ data }) => console.log('tokens used:', data.total_tokens),
      'execution:paused': () => setStatus('paused'),
      'execution:completed': () => setStatus('completed'),
      error: ({ node_id = '', data }) => setStatus(`${node_id} failed: ${data.message ?? JSON.stringify(data.error)}`),
      other: ({ event }) => console.debug('not an event of a session:', event),
    },
    connection,
  );

  return <pre title={status}>{text}</pre>;
}
