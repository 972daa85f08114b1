// Prints the public items of the package as JSON, for test/contract: what TypeDoc finds in the docstrings.
import { join } from 'node:path';
import { ReflectionKind } from 'typedoc';
import { readReference } from './reference.mjs';

const WITH_TEXT =
  ReflectionKind.Module |
  ReflectionKind.Variable |
  ReflectionKind.Function |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.Property |
  ReflectionKind.Method |
  ReflectionKind.Accessor |
  ReflectionKind.TypeAlias;

/**
 * A public item.
 *
 * @typedef {object} Item
 * @property {string} name 'mapdirect/rdma: Endpoint.write'
 * @property {string} text The docstring without its tags.
 * @property {string | undefined} throws The text of its `@throws`. undefined: it is not called.
 * @property {string} example The programs of its `@example`.
 * @property {{ name: string, text: string }[]} numbers The item, its parameters and its result, if they are numbers.
 */

/** @param {import('typedoc').CommentDisplayPart[]} parts */
const plain = (parts) => parts.map(({ text }) => text).join('');

/** @param {import('typedoc').Comment | undefined} comment @param {`@${string}`} tag */
const tagged = (comment, tag) => (comment?.getTags(tag) ?? []).map(({ content }) => plain(content)).join('\n');

/** Is it a number, or a list, a promise or an alternative of numbers? @param {import('typedoc').SomeType} [type] */
function isNumber(type) {
  switch (type?.type) {
    case 'intrinsic':
      return type.name === 'number' || type.name === 'bigint';
    case 'union':
      return type.types.some(isNumber);
    case 'array':
      return isNumber(type.elementType);
    case 'typeOperator':
      return isNumber(type.target);
    case 'reference':
      return type.name === 'Promise' && (type.typeArguments ?? []).some(isNumber);
    default:
      return false;
  }
}

/** The parameters and the result of a call that are numbers. */
function numbersOfCall(signature) {
  const parameters = (signature.parameters ?? []).filter(({ type }) => isNumber(type));
  const all = plain(signature.comment?.summary ?? []);
  return [
    ...parameters.map(({ name, comment }) => ({ name, text: `${all}\n${plain(comment?.summary ?? [])}` })),
    ...(isNumber(signature.type)
      ? [{ name: '@returns', text: `${all}\n${tagged(signature.comment, '@returns')}` }]
      : []),
  ];
}

/** The texts of the item and of the items around it, up to its module. */
function textWithOuter(reflection) {
  const own = plain(reflection.comment?.summary ?? reflection.getSignature?.comment?.summary ?? []);
  const { parent } = reflection;
  return parent === undefined || parent.kindOf(ReflectionKind.Module) ? own : `${own}\n${textWithOuter(parent)}`;
}

/** A member of a type that has no name belongs to the text of its property. */
function textOfInline({ parent }) {
  return parent?.kindOf(ReflectionKind.TypeLiteral) ? textWithOuter(parent) : '';
}

/** @returns {Item} */
function itemOf(reflection, name) {
  const signatures = reflection.signatures ?? [];
  const isCall = signatures.length > 0;
  const comments = isCall
    ? signatures.map(({ comment }) => comment)
    : [reflection.comment ?? reflection.getSignature?.comment];
  const comment = comments.find((each) => each !== undefined);
  const isOwnNumber = isNumber(reflection.type ?? reflection.getSignature?.type);
  return {
    name,
    text: `${plain(comment?.summary ?? [])}${tagged(comment, '@returns')}`.trim() || textOfInline(reflection),
    throws: isCall
      ? comments
          .map((each) => tagged(each, '@throws'))
          .join('\n')
          .trim()
      : undefined,
    example: comments
      .map((each) => tagged(each, '@example'))
      .join('\n')
      .trim(),
    numbers: [
      ...signatures.flatMap(numbersOfCall),
      ...(isOwnNumber ? [{ name: 'it', text: textWithOuter(reflection) }] : []),
    ],
  };
}

/** @returns {Item[]} */
function itemsIn(reflection, outer) {
  const children = (reflection.children ?? reflection.type?.declaration?.children ?? []).filter(
    (child) => !child.kindOf(ReflectionKind.Constructor),
  );
  return children.flatMap((child) => {
    const name = `${outer}${child.name}`;
    const own = child.kindOf(WITH_TEXT) ? [itemOf(child, name)] : [];
    return [...own, ...itemsIn(child, child.kindOf(ReflectionKind.Module) ? `${name}: ` : `${name}.`)];
  });
}

const { project } = await readReference(join(import.meta.dirname, '..'));
console.log(JSON.stringify(itemsIn(project, '')));
