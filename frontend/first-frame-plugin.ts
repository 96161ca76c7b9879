import type { Plugin } from 'vite';

const moved = /\s*<(?:link rel="stylesheet"[^>]*>|script type="module"[^>]*><\/script>)/g;

/**
 * Places the style sheets and the script of index.html after its content. In the head, where the build writes them, the browser would show nothing until they
 * are loaded.
 */
export function firstFrame(): Plugin {
  return {
    name: 'first-frame',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const found = html.match(moved) ?? [];
        return html.replaceAll(moved, '').replace('</body>', () => `${found.join('')}</body>`);
      },
    },
  };
}
