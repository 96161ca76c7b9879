import { useConnectStore, useWebSocketRouter } from 'cecelia-client/react';
import { useEffect, useState } from 'react';

type SessionEvent =
  'token_stream' | 'node_state_change' | 'node:parallel_start' | 'token_usage' | 'execution:paused' | 'execution:completed' | 'error';

export default function Session() {
  const status = useConnectStore((store) => store.status);
  const error = useConnectStore((store) => store.error);
  const connection = useConnectStore((store) => store.connection);
  const connect = useConnectStore((store) => store.connect);
  const disconnect = useConnectStore((store) => store.disconnect);
  const send = useConnectStore((store) => store.send);
  const [text, setText] = useState('');
  const [nodes, setNodes] = useState<Readonly<Record<string, string>>>({});
  const [run, setRun] = useState('not started');

  useEffect(() => {
    connect();
    return disconnect;
  }, [connect, disconnect]);

  // A name that is left out does not compile, and what is none of these goes to `other`: nothing vanishes in silence.
  useWebSocketRouter<SessionEvent>(
    {
      token_stream: ({ data }) => setText((before) => (before + (data.token ?? '')).slice(-20_000)),
      node_state_change: ({ node_id = '', data }) => setNodes((before) => ({ ...before, [node_id]: data.status ?? data.state ?? '' })),
      'node:parallel_start': ({ data }) => console.log('running at once:', data.nodes ?? data.node_ids ?? data.branches),
      token_usage: ({ data }) => console.log('tokens used:', data.total_tokens),
      'execution:paused': () => setRun('paused'),
      'execution:completed': () => setRun('completed'),
      error: ({ node_id = '', data }) =>
        setNodes((before) => ({ ...before, [node_id]: `failed: ${data.message ?? JSON.stringify(data.error)}` })),
      other: ({ event }) => console.debug('not for a session:', event),
    },
    connection,
  );

  return (
    <section>
      <p>{`${status} ${error ?? ''} · ${run}`}</p>
      <button onClick={() => send({ cmd: 'start_session', data: { workflow: 'conversation' } })}>Start</button>
      <button onClick={() => send({ cmd: 'pause_session' })}>Pause</button>
      <button onClick={() => send({ cmd: 'resume_session' })}>Resume</button>
      <ul>
        {Object.entries(nodes).map(([id, state]) => (
          <li key={id}>{`${id}: ${state}`}</li>
        ))}
      </ul>
      <pre>{text}</pre>
    </section>
  );
}
