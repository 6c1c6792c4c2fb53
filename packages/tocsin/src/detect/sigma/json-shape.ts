// A ClickHouse tuple type that takes just the wanted values out of JSON in one parse. Takes paths, gives positions in
// the tuple and the type's text.

interface Node {
  /** Position within the parent, from 1. */
  readonly position: number;
  /** Null: a value, taken as text. */
  readonly children: Map<string, Node> | null;
}

export class JsonShape {
  readonly #root = new Map<string, Node>();

  /** Adds a path; gives its positions from the outermost tuple inwards, or null when a name on it is taken otherwise. */
  add(path: readonly string[]): readonly number[] | null {
    const positions: number[] = [];
    let level = this.#root;
    for (const [at, name] of path.entries()) {
      const isValue = at === path.length - 1;
      let node = level.get(name);
      if (node === undefined) {
        node = { position: level.size + 1, children: isValue ? null : new Map() };
        level.set(name, node);
      }
      if ((node.children === null) !== isValue) return null;
      positions.push(node.position);
      if (node.children !== null) level = node.children;
    }
    return positions;
  }

  /** The type's text, names quoted. */
  type(): string {
    return typeOf(this.#root);
  }
}

function typeOf(level: ReadonlyMap<string, Node>): string {
  const elements = [...level].map(
    ([name, { children }]) => `${quoted(name)} ${children === null ? 'Nullable(String)' : typeOf(children)}`,
  );
  return `Tuple(${elements.join(', ')})`;
}

const quoted = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``;
