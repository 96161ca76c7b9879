/** A refused request or command. `reason` is a code for programs, the message a sentence for people. */
export class RequestRefusedError extends Error {
  name = 'RequestRefusedError';

  /** @param {string} reason @param {string} message @param {number} [status] Status of the HTTP response. */
  constructor(reason, message, status = 400) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

/**
 * `validate` returns undefined, or what the value must be.
 * @typedef {{ default: unknown, validate: (value: unknown) => string | undefined }} Field
 */

/**
 * The programs that this Brain can run, by name. Each is a file in `tasks/`, with the fields of its input. Nothing from the network is ever run as a command.
 * @type {Record<string, { title: string, fields: Record<string, Field> }>}
 */
const CATALOGUE = {
  'word-count': { title: 'Count words', fields: { words: whole(1, 50_000_000, 2_000_000) } },
  hash: { title: 'Hash zeros', fields: { megabytes: whole(1, 4096, 512), expected: text(64, '') } },
  primes: { title: 'Count primes', fields: { limit: whole(2, 500_000_000, 20_000_000) } },
  conversation: {
    title: 'Converse',
    fields: {
      prompt: text(2000, 'What does the relay do?'),
      ask: { default: false, validate: (value) => (typeof value === 'boolean' ? undefined : 'true or false') },
    },
  },
};

const TITLE_LENGTH = 200;
const PROJECT_BYTES = 256;
const FIELDS = ['program', 'input', 'title', 'project_id'];

/**
 * Reads and validates the description of a task in a request.
 * @param {unknown} request
 * @returns {{ program: string, input: Record<string, unknown>, title: string, project_id: string | undefined }}
 * @throws {RequestRefusedError}
 */
export function parseTaskRequest(request) {
  if (!isObject(request)) throw new RequestRefusedError('not_an_object', 'a task is a JSON object');
  const unknownField = Object.keys(request).find((field) => !FIELDS.includes(field));
  if (unknownField !== undefined)
    throw new RequestRefusedError('unknown_field', `unknown field ${unknownField.slice(0, 100)}; allowed: ${FIELDS.join(', ')}`);
  const { program, input = {}, title, project_id } = request;
  if (typeof program !== 'string' || !Object.hasOwn(CATALOGUE, program))
    throw new RequestRefusedError('unknown_program', `program must be one of ${Object.keys(CATALOGUE).join(', ')}`);
  if (project_id !== undefined && !(isText(project_id, PROJECT_BYTES) && Buffer.byteLength(project_id) <= PROJECT_BYTES)) {
    throw new RequestRefusedError('bad_project', `project_id must be a string of 1 to ${PROJECT_BYTES} bytes`);
  }
  return { program, input: readInput(program, input), title: readTitle(title ?? CATALOGUE[program].title), project_id };
}

/** @param {unknown} title */
export function readTitle(title) {
  if (!isText(title, TITLE_LENGTH)) throw new RequestRefusedError('bad_title', `title must be a string of 1 to ${TITLE_LENGTH} characters`);
  return title;
}

/** @param {string} program @param {unknown} given */
function readInput(program, given) {
  if (!isObject(given)) throw new RequestRefusedError('bad_input', 'input must be an object');
  const { fields } = CATALOGUE[program];
  const unknownField = Object.keys(given).find((field) => !Object.hasOwn(fields, field));
  if (unknownField !== undefined)
    throw new RequestRefusedError(
      'bad_input',
      `unknown field input.${unknownField.slice(0, 100)}; allowed for ${program}: ${Object.keys(fields).join(', ')}`,
    );
  /** @type {Record<string, unknown>} */
  const input = {};
  for (const [name, field] of Object.entries(fields)) {
    input[name] = given[name] ?? field.default;
    const expected = field.validate(input[name]);
    if (expected) throw new RequestRefusedError('bad_input', `input.${name} must be ${expected}`);
  }
  return input;
}

/** @param {number} min @param {number} max @param {number} defaultValue @returns {Field} */
function whole(min, max, defaultValue) {
  return {
    default: defaultValue,
    validate: (value) =>
      Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max ? undefined : `a whole number from ${min} to ${max}`,
  };
}

/** @param {number} maxLength @param {string} defaultValue @returns {Field} */
function text(maxLength, defaultValue) {
  return {
    default: defaultValue,
    validate: (value) => (value === defaultValue || isText(value, maxLength) ? undefined : `a string of 1 to ${maxLength} characters`),
  };
}

/** True for non-empty text without a lone surrogate. @param {unknown} value @param {number} maxLength @returns {value is string} */
export function isText(value, maxLength) {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && !/\p{Cs}/u.test(value);
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
