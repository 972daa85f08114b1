// Prints the public items of the package as JSON, for test/contract: what TypeDoc finds in the docstrings.
import {
  ReflectionKind,
  type Comment,
  type CommentDisplayPart,
  type ContainerReflection,
  type DeclarationReflection,
  type Reflection,
  type SignatureReflection,
  type SomeType,
  type TagString,
} from 'typedoc';
import { ROOT } from './paths.mjs';
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

/** A public number, with the text that names its unit. */
interface NumberOfItem {
  readonly name: string;
  readonly text: string;
}

/** A public item. */
interface Item {
  /** 'mapdirect/rdma: Endpoint.write' */
  readonly name: string;
  /** The docstring without its tags. */
  readonly text: string;
  /** The text of its `@throws`. undefined: it is not called. */
  readonly throws: string | undefined;
  /** The programs of its `@example`. */
  readonly example: string;
  /** The item, its parameters and its result, if they are numbers. */
  readonly numbers: readonly NumberOfItem[];
}

const plain = (parts: readonly CommentDisplayPart[]): string => parts.map(({ text }) => text).join('');

const tagged = (comment: Comment | undefined, tag: TagString): string =>
  (comment?.getTags(tag) ?? []).map(({ content }) => plain(content)).join('\n');

/** Is it a number, or a list, a promise or an alternative of numbers? */
function isNumber(type: SomeType | undefined): boolean {
  if (type?.type === 'intrinsic') return type.name === 'number' || type.name === 'bigint';
  if (type?.type === 'union') return type.types.some(isNumber);
  if (type?.type === 'array') return isNumber(type.elementType);
  if (type?.type === 'typeOperator') return isNumber(type.target);
  return type?.type === 'reference' && type.name === 'Promise' && (type.typeArguments ?? []).some(isNumber);
}

/** The parameters and the result of a call that are numbers. */
function numbersOfCall(signature: SignatureReflection): NumberOfItem[] {
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
function textWithOuter(reflection: Reflection): string {
  const getter = reflection.isDeclaration() ? reflection.getSignature : undefined;
  const own = plain((reflection.comment ?? getter?.comment)?.summary ?? []);
  const { parent } = reflection;
  return parent === undefined || parent.kindOf(ReflectionKind.Module) ? own : `${own}\n${textWithOuter(parent)}`;
}

/** A member of a type that has no name belongs to the text of its property. */
function textOfInline({ parent }: Reflection): string {
  return parent?.kindOf(ReflectionKind.TypeLiteral) ? textWithOuter(parent) : '';
}

function itemOf(reflection: DeclarationReflection, name: string): Item {
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

/** The members of an object type that has no name. */
function inlineMembers(reflection: ContainerReflection): readonly DeclarationReflection[] {
  if (!reflection.isDeclaration() || reflection.type?.type !== 'reflection') return [];
  return reflection.type.declaration.children ?? [];
}

function itemsIn(reflection: ContainerReflection, outer: string): Item[] {
  const children = (reflection.children ?? inlineMembers(reflection)).filter(
    (child) => !child.kindOf(ReflectionKind.Constructor),
  );
  return children.flatMap((child) => {
    const name = `${outer}${child.name}`;
    const own = child.kindOf(WITH_TEXT) ? [itemOf(child, name)] : [];
    return [...own, ...itemsIn(child, child.kindOf(ReflectionKind.Module) ? `${name}: ` : `${name}.`)];
  });
}

const { project } = await readReference(ROOT);
console.log(JSON.stringify(itemsIn(project, '')));
