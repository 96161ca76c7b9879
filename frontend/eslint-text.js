import ts from 'typescript';

/** Whether a value of the type may be drawn as text. */
function isText(type) {
  if (type.aliasSymbol?.name === 'ReactNode') return false; // The children of a component: judged where they are written.
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike)) !== 0);
}

const isBlank = (child) =>
  (child.type === 'JSXText' && child.value.trim() === '') ||
  (child.type === 'JSXExpressionContainer' &&
    (child.expression.type === 'JSXEmptyExpression' ||
      (child.expression.type === 'Literal' && String(child.expression.value).trim() === '')));

/**
 * Text that changes, or that stands behind an element that comes and goes, has an element of its own. A browser's translation replaces text nodes; React then
 * updates, or inserts before, a node that is no longer in the document. An element whose only child is text is updated as a whole.
 */
const textOfItsOwn = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { mixed: 'Put this text into an element of its own: a browser’s translation replaces it.' },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const look = ({ children, type }) => {
      const there = children.filter((child) => !isBlank(child));
      if (there.length < 2 && type !== 'JSXFragment') return;
      const varies = (child) => child.type === 'JSXExpressionContainer' && child.expression.type !== 'Literal';
      there.forEach((child, at) => {
        const isDrawn = varies(child) && isText(services.getTypeAtLocation(child.expression));
        const isBehind = child.type === 'JSXText' && there.slice(0, at).some(varies);
        if (isDrawn || isBehind) context.report({ node: child, messageId: 'mixed' });
      });
    };
    return { JSXElement: look, JSXFragment: look };
  },
};

export default { rules: { 'text-of-its-own': textOfItsOwn } };
