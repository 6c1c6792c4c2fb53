// Cuts lists into parts that fit into one query. Takes items with their sizes and a bound, gives the parts in order.

/** Cuts a list so that the sizes of each part add up to no more than the bound, one item at least. */
export function batches<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  bound: number,
): readonly (readonly Item[])[] {
  const out: Item[][] = [];
  let total = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = out.at(-1);
    if (last === undefined || total + size > bound) {
      out.push([item]);
      total = size;
    } else {
      last.push(item);
      total += size;
    }
  }
  return out;
}
