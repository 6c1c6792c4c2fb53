// Reads one source file for the boundaries check. Takes its path and text; gives every way it reaches another module
// (type-only and dynamic ones too), and every place where it asks the environment or the time.
import { parseSync } from 'oxc-parser';

/**
 * @typedef {{ specifier: string | null, how: string, line: number }} Reach a null specifier cannot be read off the text
 * @typedef {{ asks: 'environment' | 'time', what: string, line: number }} Ask
 * @typedef {{ reaches: readonly Reach[], asks: readonly Ask[], errors: readonly string[] }} Source
 */

/** Globals that must not be handed on whole, and what each gives away. */
const watched = { process: 'environment', Date: 'time', performance: 'time' };

/** Members of `process` that tell the time. */
const clockMembers = new Set(['hrtime', 'uptime']);
/** Members of `Date` that need no clock. */
const pureDateMembers = new Set(['UTC', 'parse', 'prototype', 'length', 'name']);

/** @returns {Source} */
export function readSource(path, text) {
  const parsed = parseSync(path, text);
  const lineOf = lineCounter(text);
  const source = { reaches: [], asks: [], errors: parsed.errors.map((error) => error.message) };
  const seen = {
    reach: (node, how, specifier) => source.reaches.push({ specifier, how, line: lineOf(node.start) }),
    ask: (node, asks, what) => source.asks.push({ asks, what, line: lineOf(node.start) }),
  };
  const own = ownNames(parsed.program);
  walk(parsed.program, [], (node, parents) => {
    readReach(node, parents, seen);
    readAsk(node, parents, own, seen);
  });
  for (const comment of parsed.comments) readComment(comment, seen);
  return source;
}

function lineCounter(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function walk(node, parents, visit) {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, parents, visit);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  const isNode = typeof node.type === 'string';
  if (isNode) visit(node, parents);
  const below = isNode ? [...parents, node] : parents;
  for (const key of Object.keys(node)) if (key !== 'type') walk(node[key], below, visit);
}

/** The text of a string literal or of a template without expressions; null for anything else. */
function literalText(node) {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return null;
}

function readReach(node, parents, { reach }) {
  switch (node.type) {
    case 'ImportDeclaration': {
      const isType =
        node.importKind === 'type' ||
        (node.specifiers.length > 0 && node.specifiers.every((entry) => entry.importKind === 'type'));
      reach(node, isType ? 'type import' : 'import', literalText(node.source));
      break;
    }
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (node.source)
        reach(node, node.exportKind === 'type' ? 'type re-export' : 're-export', literalText(node.source));
      break;
    case 'ImportExpression':
      reach(node, 'dynamic import', literalText(node.source));
      break;
    case 'TSImportType':
      reach(node, 'import in a type', literalText(node.source ?? node.argument));
      break;
    case 'TSExternalModuleReference':
      reach(node, 'import = require', literalText(node.expression));
      break;
    case 'TSModuleDeclaration':
      if (literalText(node.id) !== null) reach(node, 'module declaration', literalText(node.id));
      break;
    case 'CallExpression':
      readCall(node, parents.at(-1), reach);
      break;
    case 'NewExpression':
      // The address of a module that is to run elsewhere (a child process, a worker) reaches it as an import does.
      if (node.callee.name === 'URL' && isImportMeta(node.arguments[1]?.object)) {
        const address = literalText(node.arguments[0]);
        if (address !== null && /\.[cm]?[jt]s$/.test(address)) reach(node, 'module address', address);
      }
      break;
  }
}

function readCall(node, parent, reach) {
  const { callee } = node;
  const name = callee.type === 'Identifier' ? callee.name : memberName(callee);
  if (callee.type === 'Identifier' && name === 'require')
    reach(node, 'require', literalText(node.arguments[0]));
  else if (name === 'createRequire') {
    // Bound to the name `require` its uses are read as such; by any other name they would go unseen.
    const isSeen =
      parent?.type === 'VariableDeclarator' ? parent.id.name === 'require' : memberName(parent) === 'resolve';
    if (!isSeen) reach(node, 'createRequire', null);
  } else if (name === 'getBuiltinModule') reach(node, 'getBuiltinModule', literalText(node.arguments[0]));
  else if (name === 'resolve' && isResolver(callee.object)) {
    reach(node, 'resolve', literalText(node.arguments[0]));
  }
}

const isResolver = (node) =>
  isImportMeta(node) || node?.name === 'require' || node?.callee?.name === 'createRequire';

const isImportMeta = (node) => node?.type === 'MetaProperty' && node.meta.name === 'import';

/** The name of a member expression's member, when it can be read off the text. */
function memberName(node) {
  if (node?.type !== 'MemberExpression') return null;
  return node.computed ? literalText(node.property) : node.property.name;
}

/** Names of the watched globals that the file binds itself: its own variable is not the global. */
function ownNames(program) {
  const own = new Set();
  const bind = (pattern) => {
    if (pattern?.type === 'Identifier') own.add(pattern.name);
  };
  walk(program, [], (node) => {
    if (node.type === 'VariableDeclarator' && !isGlobal(node.init)) bind(node.id);
    if (Array.isArray(node.params)) for (const parameter of node.params) bind(parameter);
  });
  return own;
}

const isGlobal = (node) =>
  (node?.type === 'Identifier' && node.name in watched) || node?.object?.name === 'globalThis';

function readAsk(node, parents, own, { ask }) {
  if (node.type === 'ImportDeclaration' && /^(node:)?(process|perf_hooks)$/.test(node.source.value)) {
    for (const { imported } of node.specifiers) {
      const name = imported?.name ?? null;
      if (name === 'env') ask(node, 'environment', 'env of node:process');
      if (name === 'performance' || clockMembers.has(name))
        ask(node, 'time', `${name} of ${node.source.value}`);
    }
  }
  if (node.type === 'MemberExpression' && isImportMeta(node.object) && memberName(node) === 'env') {
    ask(node, 'environment', 'import.meta.env');
  }
  const parent = parents.at(-1);
  let name = null;
  if (node.type === 'Identifier' && isReference(node, parent)) name = node.name;
  else if (node.type === 'MemberExpression' && node.object.name === 'globalThis') name = memberName(node);
  if (name === null || !Object.hasOwn(watched, name)) return;
  const user = parent?.type === 'ChainExpression' ? parents.at(-2) : parent;
  const member = user?.type === 'MemberExpression' && user.object === node ? memberName(user) : null;
  if (member !== null) {
    readMember(name, member, node, ask);
    return;
  }
  if (node.type === 'Identifier' && own.has(name)) return;
  if (name === 'Date' && user?.type === 'NewExpression' && user.callee === node) {
    const [first] = user.arguments;
    if (first === undefined || first.type === 'SpreadElement') ask(node, 'time', 'new Date()');
    return;
  }
  if (user?.type === 'BinaryExpression' && user.operator === 'instanceof') return;
  ask(node, watched[name], `${name} itself`);
}

function readMember(name, member, node, ask) {
  if (name === 'process') {
    if (member === 'env') ask(node, 'environment', 'process.env');
    if (clockMembers.has(member)) ask(node, 'time', `process.${member}`);
  }
  if (name === 'Date' && !pureDateMembers.has(member)) ask(node, 'time', `Date.${member}`);
  if (name === 'performance') ask(node, 'time', `performance.${member}`);
}

/** True when an identifier stands for a value: no key, no member name, no type, no binding. */
function isReference(node, parent) {
  if (parent === undefined || parent.type.startsWith('TS')) return isTypeScriptValue(parent);
  switch (parent.type) {
    case 'MemberExpression':
      return parent.object === node || parent.computed;
    case 'Property':
      return parent.value === node || parent.computed;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.value === node || parent.computed;
    case 'VariableDeclarator':
      return parent.init === node;
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'ExportSpecifier':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return false;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return parent.body === node;
    default:
      return true;
  }
}

const isTypeScriptValue = (parent) =>
  ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression', 'TSTypeAssertion'].includes(
    parent?.type,
  );

/** References and types that hide in comments. */
function readComment(comment, { reach }) {
  for (const match of comment.value.matchAll(/\bimport\(\s*(['"`])([^'"`]+)\1\s*\)/g)) {
    if (comment.value.startsWith('*')) reach(comment, 'import in a comment', match[2]);
  }
  const reference = /^\/\s*<reference\s+(?:path|types)\s*=\s*["']([^"']+)["']/.exec(comment.value);
  if (reference) reach(comment, 'reference in a comment', reference[1]);
}
