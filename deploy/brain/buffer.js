/**
 * An event that has its number and waits to be published.
 * @typedef {object} Waiting
 * @property {number} seq
 * @property {string} event Its name.
 * @property {string} payload
 * @property {number} bytes Of the payload, as UTF-8.
 * @property {boolean} isStep A later event supersedes it, or it is one step of many: such go first where there is no room.
 */

/**
 * What waits to be published, in the order of the numbers, bounded in events and bytes. The front, which is being published or will be next, is never
 * dropped: it may be with Redis already. So the very first event of a source is not lost, from which a relay knows where to count from.
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
     * Adds the event, and returns those that had to go for it: the oldest steps first, then the oldest of the others; the event itself where there is nothing else.
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
     * The front, filled up to so many events and bytes; one event at least, if there is one. The same again until `remove`.
     * @param {number} most
     * @param {number} mostBytes
     */
    take(most, mostBytes) {
      let taken = front.reduce((sum, event) => sum + event.bytes, 0);
      for (let next = oldest().peek(); next && front.length < most && taken + next.bytes <= mostBytes; next = oldest().peek()) {
        taken += next.bytes;
        front.push(/** @type {Waiting} */ (oldest().shift()));
      }
      return front.slice(0, most);
    },

    /**
     * Takes so many from the front, which are with Redis now.
     * @param {number} published
     */
    remove(published) {
      for (const event of front.splice(0, published)) bytes -= event.bytes;
      const next = front.length === 0 ? oldest().shift() : undefined;
      if (next) front.push(next);
    },
  };
}

/** A queue whose ends cost the same however long it is. */
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
      // Half of it is empty: the rest moves up, which costs each item one move on average.
      if (first * 2 > items.length) {
        items = items.slice(first);
        first = 0;
      }
      return item;
    },
  };
}
