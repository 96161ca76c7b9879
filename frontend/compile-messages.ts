import { parse } from '@formatjs/icu-messageformat-parser';
import type { Plugin } from 'vite';

/** Compiles the messages of a catalogue file. A message without arguments, tags and escapes remains text. */
function compile(messages: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(messages).map(([id, text]) => [id, /[{<']/.test(text) ? parse(text, { captureLocation: false }) : text]),
  );
}

/** Vite plugin that compiles the message catalogues during the build, so that the page contains no parser. An invalid message fails the build. */
export function compileMessages(): Plugin {
  return {
    name: 'compile-messages',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/i18n\/[\w-]+\/[\w-]+\.json$/.test(id)) return null;
      return { code: JSON.stringify(compile(JSON.parse(code) as Record<string, string>)), map: null };
    },
  };
}
