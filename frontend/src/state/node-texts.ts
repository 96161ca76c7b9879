import type { NodeEntity } from '../types/messages';
import { endOf, writtenBytes } from './wire-text';

/** Longest tail in a node's entity, in bytes as JSON writes it, and what a full one is cut back to: the relay's own measures. */
const tailBytes = 16 * 1024;
const cutBackTo = 12 * 1024;

/** A tail and its length in bytes, which is not counted anew for each token. */
interface Tail {
  text: string;
  bytes: number;
}

interface Streamed {
  text: string;
  tail: Tail;
}

/**
 * The text that nodes stream: the tail in their entities, as the relay keeps it, and beside that all that came while it is watched from here, bounded for each
 * node and in all. The node that was silent longest goes first, and then has its tail alone.
 */
export class NodeTexts {
  // The first is the one that was silent longest.
  readonly #streamed = new Map<string, Streamed>();
  #length = 0;

  /** Both bounds in characters (UTF-16 units). */
  constructor(
    readonly perNode = 1024 * 1024,
    readonly inAll = 16 * 1024 * 1024,
  ) {}

  /** All that is known of the node's text; `tail` is what its entity has. */
  get(key: string, tail = ''): string {
    return this.#streamed.get(key)?.text ?? tail;
  }

  /** Appends a piece to the node's text, and to the tail in its entity. */
  append(key: string, entity: NodeEntity, piece: string): void {
    const pieceBytes = writtenBytes(piece);
    entity.text_bytes = (entity.text_bytes ?? 0) + pieceBytes;
    const streamed = this.#take(key, entity.text ?? '');
    const { tail } = streamed;
    if (tail.bytes + pieceBytes > tailBytes) {
      entity.truncated = true;
      const front = endOf(tail.text, Math.max(0, cutBackTo - pieceBytes));
      tail.text = front + (pieceBytes > cutBackTo ? endOf(piece, cutBackTo) : piece);
      tail.bytes = writtenBytes(tail.text);
    } else {
      tail.text += piece;
      tail.bytes += pieceBytes;
    }
    entity.text = tail.text;
    this.#put(key, { text: streamed.text + piece, tail });
  }

  /** A snapshot has come: what a node streamed before is still good if it ends as the node's tail does. */
  reconcile(nodes: ReadonlyMap<string, NodeEntity>): void {
    for (const [key, { text }] of this.#streamed) {
      const tail = nodes.get(key)?.text;
      if (tail === undefined || !text.endsWith(tail)) this.#drop(key);
    }
  }

  /** Takes the node's text out, to be put behind all others. */
  #take(key: string, tail: string): Streamed {
    const streamed = this.#streamed.get(key);
    if (!streamed) return { text: tail, tail: { text: tail, bytes: writtenBytes(tail) } };
    this.#drop(key);
    // Another tail: the node was forgotten, and is another one now.
    return streamed.tail.text === tail ? streamed : this.#take(key, tail);
  }

  #put(key: string, streamed: Streamed): void {
    // Cut only when an eighth is over, so that not every token moves all of it.
    if (streamed.text.length > this.perNode * 1.125) streamed.text = withoutHalf(streamed.text.slice(-this.perNode));
    this.#streamed.set(key, streamed);
    this.#length += streamed.text.length;
    for (const oldest of this.#streamed.keys()) {
      if (this.#length <= this.inAll || oldest === key) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#length -= this.#streamed.get(key)?.text.length ?? 0;
    this.#streamed.delete(key);
  }
}

/** A text that may begin in the middle of a character. */
function withoutHalf(text: string): string {
  return (text.charCodeAt(0) & 0xfc00) === 0xdc00 ? text.slice(1) : text;
}
