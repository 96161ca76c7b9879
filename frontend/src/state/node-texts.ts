import type { NodeEntity } from '../types/messages';
import { endOf, writtenBytes } from './wire-text';

/** Maximum size of the tail in a node's entity, in bytes of JSON, and the size to which a full one is cut: the same values as in the relay. */
const tailBytes = 16 * 1024;
const cutBackTo = 12 * 1024;

/** A tail and its size in bytes, which is not recomputed for each token. */
interface Tail {
  text: string;
  bytes: number;
}

interface Streamed {
  text: string;
  tail: Tail;
}

/**
 * The text that nodes stream: the tail in their entities, as in the relay, and all text that was received here, bounded per node and in total. The text of the
 * least recently active node is evicted first; only its tail is left then.
 */
export class NodeTexts {
  // The first is the least recently active one.
  readonly #streamed = new Map<string, Streamed>();
  #length = 0;

  /** Both bounds in characters (UTF-16 units). */
  constructor(
    readonly perNode = 1024 * 1024,
    readonly inTotal = 16 * 1024 * 1024,
  ) {}

  /** The text of a node; `tail` is that of its entity. */
  get(key: string, tail = ''): string {
    return this.#streamed.get(key)?.text ?? tail;
  }

  /** Appends a piece to the text of a node, and to the tail in its entity. */
  append(key: string, entity: NodeEntity, piece: string): void {
    const pieceBytes = writtenBytes(piece);
    entity.text_bytes = (entity.text_bytes ?? 0) + pieceBytes;
    const streamed = this.#remove(key, entity.text ?? '');
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

  /** Called after a snapshot: drops the text of each node that does not end with the tail in the snapshot. */
  reconcile(nodes: ReadonlyMap<string, NodeEntity>): void {
    for (const [key, { text }] of this.#streamed) {
      const tail = nodes.get(key)?.text;
      if (tail === undefined || !text.endsWith(tail)) this.#drop(key);
    }
  }

  /** Removes the text of a node and returns it, so that it can be added as the most recent one. */
  #remove(key: string, tail: string): Streamed {
    const streamed = this.#streamed.get(key);
    if (!streamed) return { text: tail, tail: { text: tail, bytes: writtenBytes(tail) } };
    this.#drop(key);
    // A different tail: the node was evicted and added again.
    return streamed.tail.text === tail ? streamed : this.#remove(key, tail);
  }

  #put(key: string, streamed: Streamed): void {
    // Cut only when it is an eighth too long, so that not every token copies all of it.
    if (streamed.text.length > this.perNode * 1.125) streamed.text = withoutHalfCharacter(streamed.text.slice(-this.perNode));
    this.#streamed.set(key, streamed);
    this.#length += streamed.text.length;
    for (const oldest of this.#streamed.keys()) {
      if (this.#length <= this.inTotal || oldest === key) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#length -= this.#streamed.get(key)?.text.length ?? 0;
    this.#streamed.delete(key);
  }
}

/** Removes the second half of a surrogate pair from the start of a text. */
function withoutHalfCharacter(text: string): string {
  return (text.charCodeAt(0) & 0xfc00) === 0xdc00 ? text.slice(1) : text;
}
