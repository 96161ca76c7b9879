import { useConnectStore, useSessionStore, useWebSocketRouter, useWorkflowRunStore } from 'cecelia-client/workflow';
import { useEffect } from 'react';

export default function Session() {
  const { status, error, connect, disconnect, send } = useConnectStore();
  const messages = useSessionStore((store) => store.messages);
  const nodes = useWorkflowRunStore((store) => store.nodes);
  const executionStatus = useWorkflowRunStore((store) => store.executionStatus);

  useEffect(() => {
    connect('/ws');
    return disconnect;
  }, [connect, disconnect]);

  useWebSocketRouter(); // fills both stores

  return (
    <section>
      <p>{`${status} ${error ?? ''} · ${executionStatus ?? 'not started'}`}</p>
      <button onClick={() => send({ cmd: 'start_session', data: { workflow: 'conversation' } })}>Start</button>
      <button onClick={() => send({ cmd: 'pause_session' })}>Pause</button>
      <button onClick={() => send({ cmd: 'resume_session' })}>Resume</button>
      <ul>
        {Object.entries(nodes).map(([id, node]) => (
          <li key={id}>{`${id}: ${node.status} ${node.error ?? ''}`}</li>
        ))}
      </ul>
      {messages.map(({ number, content }) => (
        <pre key={number}>{content}</pre>
      ))}
    </section>
  );
}
