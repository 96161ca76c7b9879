import ts from 'typescript';

/** Returns true if React can render a value of this type as text. */
function isText(type) {
  if (type.aliasSymbol?.name === 'ReactNode') return false; // Children of a component are checked where they are written.
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike)) !== 0);
}

const isBlank = (child) =>
  (child.type === 'JSXText' && child.value.trim() === '') ||
  (child.type === 'JSXExpressionContainer' &&
    (child.expression.type === 'JSXEmptyExpression' ||
      (child.expression.type === 'Literal' && String(child.expression.value).trim() === '')));

/**
 * Requires an element of its own for text that changes and for text after a conditional element. The translation feature of a browser replaces text nodes.
 * React would then update, or insert before, a node that is no longer in the document. An element whose only child is text is updated as a whole.
 */
const noMixedText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { mixed: 'Wrap this text in its own element: browser translation replaces text nodes.' },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const check = ({ children, type }) => {
      const present = children.filter((child) => !isBlank(child));
      if (present.length < 2 && type !== 'JSXFragment') return;
      const varies = (child) => child.type === 'JSXExpressionContainer' && child.expression.type !== 'Literal';
      present.forEach((child, index) => {
        const isRenderedText = varies(child) && isText(services.getTypeAtLocation(child.expression));
        const followsVarying = child.type === 'JSXText' && present.slice(0, index).some(varies);
        if (isRenderedText || followsVarying) context.report({ node: child, messageId: 'mixed' });
      });
    };
    return { JSXElement: check, JSXFragment: check };
  },
};

export default { rules: { 'no-mixed-text': noMixedText } };
