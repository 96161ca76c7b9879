import { type App, createApp } from 'vue';
import { ConnectStore, WebSocketService } from '../clients/drawn';
import ExecutionPage from '../clients/ExecutionPage.vue';

/** Record of a client: its attempts, and the event numbers received on each connection. */
export interface ClientRecord {
  readonly name: string;
  attempts: number;
  readonly connections: {
    /** Number of events published at a moment after the upgrade; null if not known yet. */
    published: number | null;
    readonly numbers: number[];
  }[];
  isGivenUp: boolean;
}

/** The members of the unmodified client. */
interface CeceliaClient {
  ws: WebSocket | null;
  connect(): void;
  handleMessage(type: string, data: { readonly n?: number }): void;
}

declare global {
  interface Window {
    /** Defined by clients/cecelia.txt. */
    WebSocketClient: new () => CeceliaClient;
    /** Returns the number of events published by the test. */
    published: () => Promise<number>;
    plain: typeof plain;
  }
}

const address = 'ws://localhost:5221/ws';
const records: ClientRecord[] = [];
const pages = new Map<string, App>();

function record(name: string): ClientRecord {
  const made: ClientRecord = { name, attempts: 0, connections: [], isGivenUp: false };
  records.push(made);
  return made;
}

function recordOpen({ connections }: ClientRecord): void {
  const connection: ClientRecord['connections'][number] = { published: null, numbers: [] };
  connections.push(connection);
  void window.published().then((count) => (connection.published = count));
}

function recordEvent({ connections }: ClientRecord, n: number | undefined): void {
  if (n !== undefined) connections.at(-1)?.numbers.push(n);
}

function startCecelia(): void {
  const kept = record('cecelia');
  class Recorded extends window.WebSocketClient {
    override connect(): void {
      kept.attempts += 1;
      super.connect();
      this.ws?.addEventListener('open', () => recordOpen(kept));
    }

    override handleMessage(_: string, { n }: { readonly n?: number }): void {
      recordEvent(kept, n);
    }
  }
  new Recorded().connect();
}

function startDrawn(Client: typeof WebSocketService | typeof ConnectStore): void {
  const kept = record(Client.name);
  const client = new Client(() => {
    kept.attempts += 1;
    const socket = new WebSocket(address);
    socket.addEventListener('open', () => recordOpen(kept));
    socket.addEventListener('message', ({ data }) => recordEvent(kept, (JSON.parse(data as string) as { data: { n?: number } }).data.n));
    socket.addEventListener('close', () => setTimeout(() => (kept.isGivenUp = client.isGivenUp)));
    return socket;
  });
  client.connect();
}

/** One record for all connections: the browser resumes automatically. */
function startEventSource(): void {
  const kept = record('EventSource');
  const source = new EventSource('http://localhost:5221/events');
  source.onopen = () => {
    if (++kept.attempts === 1) recordOpen(kept);
  };
  source.onmessage = ({ data }) => {
    const { event, data: fields } = JSON.parse(data as string) as { event: string; data: { n?: number; recovered?: boolean } };
    recordEvent(kept, fields.n);
    if (event === 'relay:gap' || (event === 'relay:hello' && kept.attempts > 1 && fields.recovered !== true)) kept.isGivenUp = true;
  };
  source.onerror = () => (kept.isGivenUp ||= source.readyState === EventSource.CLOSED);
}

const plain = {
  records,

  start(counts: { readonly sockets: number; readonly streams: number }): void {
    for (let i = 0; i < counts.sockets; i++) {
      startCecelia();
      startDrawn(WebSocketService);
      startDrawn(ConnectStore);
    }
    for (let i = 0; i < counts.streams; i++) startEventSource();
  },

  /** Opens or reloads the page of an execution. */
  openExecution(executionId: string): void {
    pages.get(executionId)?.unmount();
    document.getElementById(executionId)?.remove();
    const place = document.body.appendChild(document.createElement('section'));
    place.id = executionId;
    const app = createApp(ExecutionPage, { executionId });
    app.mount(place);
    pages.set(executionId, app);
  },
};
window.plain = plain;
