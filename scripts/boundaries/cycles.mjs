// Cycles of a directed graph. Takes nodes with their targets; gives one shortest cycle for each knot of nodes that
// reach each other, beginning at its smallest node.

/** @param {ReadonlyMap<string, readonly string[]>} graph @returns {readonly (readonly string[])[]} */
export function findCycles(graph) {
  const inCycle = new Set();
  const cycles = [];
  for (const start of [...graph.keys()].sort()) {
    if (inCycle.has(start)) continue;
    const cycle = shortestWayBack(graph, start);
    if (cycle === null) continue;
    cycles.push(cycle);
    for (const node of cycle) inCycle.add(node);
  }
  return cycles;
}

/** Breadth first from a node until it is met again; null when it never is. */
function shortestWayBack(graph, start) {
  const cameFrom = new Map();
  const queue = [start];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at];
    for (const target of graph.get(node) ?? []) {
      if (target === start) {
        const way = [node];
        for (let back = node; back !== start; ) {
          back = cameFrom.get(back);
          way.unshift(back);
        }
        return way;
      }
      if (!cameFrom.has(target)) {
        cameFrom.set(target, node);
        queue.push(target);
      }
    }
  }
  return null;
}
