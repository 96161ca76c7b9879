import { type App, createApp } from 'vue';
import { ConnectStore, WebSocketService } from '../clients/drawn';
import ExecutionPage from '../clients/ExecutionPage.vue';

/** What the test reads of a client: its attempts, and of each connection the numbers of the events that came. */
export interface ClientRecord {
  readonly name: string;
  attempts: number;
  readonly connections: {
    /** How many events had been published at a moment after the upgrade; null: not known yet. */
    published: number | null;
    readonly numbers: number[];
  }[];
  isGivenUp: boolean;
}

/** What the unmodified client expects of the rest of its class. */
interface CeceliaClient {
  ws: WebSocket | null;
  connect(): void;
  handleMessage(type: string, data: { readonly n?: number }): void;
}

declare global {
  interface Window {
    /** Of clients/cecelia.txt. */
    WebSocketClient: new () => CeceliaClient;
    /** The test's own count. */
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

function opened({ connections }: ClientRecord): void {
  const connection: ClientRecord['connections'][number] = { published: null, numbers: [] };
  connections.push(connection);
  void window.published().then((count) => (connection.published = count));
}

function took({ connections }: ClientRecord, n: number | undefined): void {
  if (n !== undefined) connections.at(-1)?.numbers.push(n);
}

function startCecelia(): void {
  const kept = record('cecelia');
  class Recorded extends window.WebSocketClient {
    override connect(): void {
      kept.attempts += 1;
      super.connect();
      this.ws?.addEventListener('open', () => opened(kept));
    }

    override handleMessage(_: string, { n }: { readonly n?: number }): void {
      took(kept, n);
    }
  }
  new Recorded().connect();
}

function startDrawn(Client: typeof WebSocketService | typeof ConnectStore): void {
  const kept = record(Client.name);
  const client = new Client(() => {
    kept.attempts += 1;
    const socket = new WebSocket(address);
    socket.addEventListener('open', () => opened(kept));
    socket.addEventListener('message', ({ data }) => took(kept, (JSON.parse(data as string) as { data: { n?: number } }).data.n));
    socket.addEventListener('close', () => setTimeout(() => (kept.isGivenUp = client.isGivenUp)));
    return socket;
  });
  client.connect();
}

/** One record over all its connections: a browser resumes by itself. */
function startEventSource(): void {
  const kept = record('EventSource');
  const source = new EventSource('http://localhost:5221/events');
  source.onopen = () => {
    if (++kept.attempts === 1) opened(kept);
  };
  source.onmessage = ({ data }) => {
    const { event, data: fields } = JSON.parse(data as string) as { event: string; data: { n?: number; recovered?: boolean } };
    took(kept, fields.n);
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

  /** Opens the page of an execution, or loads it again. */
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
