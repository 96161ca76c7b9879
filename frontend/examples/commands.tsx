import { CommandError } from 'cecelia-client';
import { RelayProvider, useWebSocket } from 'cecelia-client/react';
import { useState } from 'react';

function Ask() {
  const { command, isConnected } = useWebSocket();
  const [lines, setLines] = useState<readonly string[]>([]);
  const append = (line: string) => setLines((before) => [...before, line].slice(-100));

  async function ask(text: string) {
    try {
      const onReply = ({ event, data }: { event: string; data: object }) => append(`Reply ${event}: ${JSON.stringify(data)}`);
      const { id, receivers } = await command('user_input', { text }, { onReply });
      append(`Published as ${id ?? 'unknown'} to ${receivers ?? 'an unknown number of'} subscribers`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // `timeout` and `connection_lost`: it is unknown whether Brain received it. Any other reason: it did not.
      append(`${error.reason}: ${error.message}`);
    }
  }

  return (
    <section>
      <button disabled={!isConnected} onClick={() => void ask('Continue?')}>
        Ask
      </button>
      <pre>{lines.join('\n')}</pre>
    </section>
  );
}

export default function Commands() {
  return (
    <RelayProvider url="/ws">
      <Ask />
    </RelayProvider>
  );
}
