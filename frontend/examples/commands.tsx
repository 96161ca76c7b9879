import { CommandError } from 'cecelia-client';
import { RelayProvider, useWebSocket } from 'cecelia-client/react';
import { useState } from 'react';

function Ask() {
  const { command, isConnected } = useWebSocket();
  const [said, setSaid] = useState<readonly string[]>([]);
  const say = (line: string) => setSaid((lines) => [...lines, line].slice(-100));

  async function ask(text: string) {
    try {
      const onReply = ({ event, data }: { event: string; data: object }) => say(`Brain answers ${event}: ${JSON.stringify(data)}`);
      const { id, receivers } = await command('user_input', { text }, { onReply });
      say(`Published as ${id ?? 'something'}; ${receivers ?? 'nobody knows how many'} had it`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // `timeout` and `connection_lost`: nobody knows whether Brain has it. Any other reason: it has not.
      say(`${error.reason}: ${error.message}`);
    }
  }

  return (
    <section>
      <button disabled={!isConnected} onClick={() => void ask('Continue?')}>
        Ask
      </button>
      <pre>{said.join('\n')}</pre>
    </section>
  );
}

export default function Commands() {
  return (
    <RelayProvider>
      <Ask />
    </RelayProvider>
  );
}
