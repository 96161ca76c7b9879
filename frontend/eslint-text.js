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

/** Returns the name of the function around a node if it is that of a component. */
function componentAround(node) {
  let scope = node;
  while (scope && !/Function/.test(scope.type)) scope = scope.parent;
  const name = scope?.id?.name ?? (scope?.parent.type === 'VariableDeclarator' ? scope.parent.id.name : undefined);
  return name !== undefined && /^[A-Z]/.test(name) ? name : undefined;
}

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
    /** A component that returns text is text in the element of another one, where it may be replaced by an element. */
    const checkResult = (result, component) => {
      if (result === null || component === undefined) return;
      if (result.type === 'ConditionalExpression') {
        checkResult(result.consequent, component);
        checkResult(result.alternate, component);
      } else if (isText(services.getTypeAtLocation(result))) {
        context.report({ node: result, messageId: 'mixed' });
      }
    };
    return {
      JSXElement: check,
      JSXFragment: check,
      ReturnStatement: ({ argument, parent }) => checkResult(argument, componentAround(parent)),
      ArrowFunctionExpression: (node) => {
        if (node.expression) checkResult(node.body, componentAround(node));
      },
    };
  },
};

/** Attributes whose value is read by people. */
const wordAttributes = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'alt',
  'title',
  'placeholder',
  'label',
  'description',
  'part',
  'button',
]);

/** Names, which are the same in all languages, and the names of keys. */
const names = /\b(?:Cecelia|Brain|Redis|Esc|Bearer|English)\b/gu;

const word = /\p{L}{2,}/u;
const looksLikeWords = /\p{L}{2,} \p{L}{2,}|^\s*\p{Lu}\p{Ll}+\b|\p{Script=Han}/u;

/** A value of CSS. */
const css = /^(?:color-mix|var|calc|url)\(/;

const isError = ({ type, callee }) => type === 'NewExpression' && callee.type === 'Identifier' && callee.name.endsWith('Error');
const comparisons = new Set(['===', '!==', '==', '!=', 'in']);

/** Returns where the value of a literal goes: `shown` to people, `code`, or elsewhere. */
function destination(node) {
  for (let child = node, parent = node.parent; parent; child = parent, parent = parent.parent) {
    switch (parent.type) {
      case 'ConditionalExpression':
        if (parent.test === child) return 'code';
        break;
      case 'BinaryExpression':
        if (comparisons.has(parent.operator)) return 'code';
        break;
      case 'LogicalExpression':
      case 'TemplateLiteral':
      case 'ArrayExpression':
      case 'JSXExpressionContainer':
        break;
      case 'JSXAttribute':
        return wordAttributes.has(parent.name.name) ? 'shown' : parent.name.name === 'className' ? 'code' : 'elsewhere';
      case 'JSXElement':
      case 'JSXFragment':
        return 'shown';
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'SwitchCase':
      case 'TSLiteralType':
        return 'code';
      case 'Property':
        return parent.key === child ? 'code' : 'elsewhere';
      case 'ExpressionStatement':
        return parent.directive === undefined ? 'elsewhere' : 'code';
      default:
        return isError(parent) ? 'code' : 'elsewhere';
    }
  }
  return 'elsewhere';
}

/** Requires messages of the catalogue for all words that are shown. Messages of errors are in English. */
const noLiteralWords = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { words: 'Use a message of src/i18n: the page has more than one language.' },
  },
  create(context) {
    const check = (node, text) => {
      const rest = text.replaceAll(names, '');
      const where = destination(node);
      if (where === 'code' || css.test(text)) return;
      if ((where === 'shown' ? word : looksLikeWords).test(rest)) context.report({ node, messageId: 'words' });
    };
    return {
      JSXText: (node) => {
        if (word.test(node.value.replaceAll(names, ''))) context.report({ node, messageId: 'words' });
      },
      Literal: (node) => {
        if (typeof node.value === 'string') check(node, node.value);
      },
      TemplateLiteral: (node) => {
        if (node.parent.type !== 'TaggedTemplateExpression') check(node, node.quasis.map(({ value }) => value.cooked ?? '').join('{}'));
      },
    };
  },
};

export default { rules: { 'no-mixed-text': noMixedText, 'no-literal-words': noLiteralWords } };
