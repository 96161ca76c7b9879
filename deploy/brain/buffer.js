/**
 * An event that has its number and is waiting to be published.
 * @typedef {object} Waiting
 * @property {number} seq
 * @property {string} event Its name.
 * @property {string} payload
 * @property {number} bytes Size of the payload in UTF-8.
 * @property {boolean} isStep A later event supersedes it, or it is one step of many. Steps are dropped first if there is no room.
 */

/**
 * The events that are waiting to be published, in the order of their numbers, bounded in events and bytes. The front, which is being published or is next, is
 * never dropped, because Redis may already have it. Therefore the first event of a source, from which a relay counts, is never lost.
 * @param {{ maxEvents: number, maxBytes: number }} limits
 */
export function createBuffer({ maxEvents, maxBytes }) {
  /** @type {Waiting[]} */
  let front = [];
  const steps = createQueue();
  const others = createQueue();
  let bytes = 0;

  const count = () => front.length + steps.length + others.length;
  const oldest = () => ((steps.peek()?.seq ?? Infinity) < (others.peek()?.seq ?? Infinity) ? steps : others);

  return {
    get length() {
      return count();
    },

    get bytes() {
      return bytes;
    },

    /**
     * Adds the event and returns the events dropped to make room: the oldest steps first, then the oldest other events; the event itself if
     * there is nothing else.
     * @param {Waiting} event
     * @returns {Waiting[]}
     */
    add(event) {
      if (front.length === 0) front.push(event);
      else (event.isStep ? steps : others).push(event);
      bytes += event.bytes;
      const gone = [];
      while (count() > maxEvents || bytes > maxBytes) {
        const dropped = steps.shift() ?? others.shift();
        if (!dropped) break;
        bytes -= dropped.bytes;
        gone.push(dropped);
      }
      return gone;
    },

    /**
     * Fills the front up to the given number of events and bytes and returns it; at least one event, if there is one. Returns the same events until `remove`.
     * @param {number} maxTaken
     * @param {number} maxTakenBytes
     */
    take(maxTaken, maxTakenBytes) {
      let taken = front.reduce((sum, event) => sum + event.bytes, 0);
      for (let next = oldest().peek(); next && front.length < maxTaken && taken + next.bytes <= maxTakenBytes; next = oldest().peek()) {
        taken += next.bytes;
        front.push(/** @type {Waiting} */ (oldest().shift()));
      }
      return front.slice(0, maxTaken);
    },

    /**
     * Removes that many events from the front, after Redis has received them.
     * @param {number} published
     */
    remove(published) {
      for (const event of front.splice(0, published)) bytes -= event.bytes;
      const next = front.length === 0 ? oldest().shift() : undefined;
      if (next) front.push(next);
    },
  };
}

/** A queue with constant amortized cost at both ends. */
function createQueue() {
  /** @type {(Waiting | undefined)[]} */
  let items = [];
  let first = 0;
  return {
    get length() {
      return items.length - first;
    },
    /** @param {Waiting} item */
    push(item) {
      items.push(item);
    },
    peek() {
      return items[first];
    },
    shift() {
      const item = items[first];
      if (item === undefined) return undefined;
      items[first++] = undefined;
      // Half of the array is empty: move the rest to the front. This costs one move per item on average.
      if (first * 2 > items.length) {
        items = items.slice(first);
        first = 0;
      }
      return item;
    },
  };
}
