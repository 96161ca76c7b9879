import type { CeceliaEvent, ClientBoardCommand, ClientCommand } from '../types/messages';
import type { WebSocketMessage } from '../types/websocket';
import { isConnected } from './connection-state';
import { RelayClient } from './relay-client';
import type { RelayClientOptions } from './relay-client-options';
import type { InboundMessage, KnownName, MessageOf, OtherEvent, RelayConnection, Unsubscribe } from './relay-connection';

export interface WebSocketOptions extends RelayClientOptions {
  /** A connection to use instead of a new one. */
  readonly connection?: RelayConnection;
}

/** The WebSocket client of Cecelia: handlers by event name. `connection` has what it does not expose. */
export class WebSocketClient {
  readonly connection: RelayConnection;

  /** @throws TypeError if the address or the filter is not valid. */
  constructor({ connection, ...options }: WebSocketOptions = {}) {
    this.connection = connection ?? new RelayClient(options);
  }

  connect(): void {
    this.connection.connect();
  }

  /**
   * Adds a handler of the events with one name. It receives the data, and as a second argument the whole message. The first handler opens the connection if
   * `connect` was not called.
   */
  on<Name extends KnownName>(event: Name, handler: (data: MessageOf<Name>['data'], message: MessageOf<Name>) => void): Unsubscribe;
  on(event: string, handler: (data: OtherEvent['data'], message: OtherEvent) => void): Unsubscribe;
  on(event: string, handler: (data: never, message: never) => void): Unsubscribe {
    // The overloads determine the type of the data by the name.
    const handle = handler as (data: InboundMessage['data'], message: InboundMessage) => void;
    const unsubscribe = this.connection.on(event, (message) => handle(message.data, message));
    if (this.connection.state.status === 'idle') this.connect();
    return unsubscribe;
  }

  /** Connects now instead of after the delay of the next attempt. Does nothing while connected. It is never needed: the client reconnects by itself. */
  reconnect(): void {
    this.connection.connect();
  }

  close(): void {
    this.connection.close();
  }
}

/** The WebSocket service of TaskTree: one stream of messages, and its connection. `connection` has what it does not expose. */
export class WebSocketService {
  readonly connection: RelayConnection;

  /** @throws TypeError if the address or the filter is not valid. */
  constructor({ connection, ...options }: WebSocketOptions = {}) {
    this.connection = connection ?? new RelayClient(options);
  }

  connect(): void {
    this.connection.connect();
  }

  disconnect(): void {
    this.connection.close();
  }

  /** Adds a handler of every event, and returns the function that removes it. Messages of the relay itself (`relay:…`) are on `connection`. */
  subscribe(handler: (message: WebSocketMessage) => void): Unsubscribe {
    return this.connection.subscribe((message) => {
      if (!message.event.startsWith('relay:')) handler(toWebSocketMessage(message as CeceliaEvent | OtherEvent));
    });
  }

  /** Sends a message without waiting for an answer. `false`: not connected. */
  send(message: ClientCommand | ClientBoardCommand): boolean {
    return this.connection.send(message);
  }

  get state(): 'OPEN' | 'CLOSED' {
    return isConnected(this.connection.state) ? 'OPEN' : 'CLOSED';
  }

  /** Attempts since the connection was last open. */
  get attempts(): number {
    return this.connection.state.attempts;
  }

  /** When the connection was last open; `null`: never. */
  get lastConnected(): Date | null {
    const { lastConnected } = this.connection.state;
    return lastConnected === null ? null : new Date(lastConnected);
  }
}

function toWebSocketMessage(event: CeceliaEvent | OtherEvent): WebSocketMessage {
  const { project_id } = event;
  // The data belongs to the publisher; the contracts allow more than the declared type, such as null.
  const data = event.data as WebSocketMessage['data'];
  return {
    event: event.event,
    type: event.event,
    data,
    timestamp: event.timestamp,
    ...(project_id !== undefined && { project_id: String(project_id) }),
  };
}
