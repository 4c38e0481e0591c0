import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { type Path, type Range, type Reader, rangeOfNode } from './reader.ts';

/** Pairs of each mapping by key: a mapping with many findings is not searched from its start for each of them. */
const pairsOf = new WeakMap<YAMLMap, Map<string, Pair>>();

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  let pairs = pairsOf.get(map);
  if (pairs === undefined) {
    pairs = new Map();
    for (const pair of map.items) {
      if (!isScalar(pair.key)) continue;
      for (const name of [pair.key.value, pair.key.source])
        if (typeof name === 'string' && !pairs.has(name)) pairs.set(name, pair);
    }
    pairsOf.set(map, pairs);
  }
  return pairs.get(String(key));
}

/** The node at a path, aliases followed; undefined when the path leaves the document. */
export function find(reader: Reader, root: Node, path: Path): unknown {
  let node: unknown = root;
  for (const key of path) {
    node = reader.target(node);
    if (isMap(node)) node = pairOf(node, key)?.value;
    else if (isSeq(node)) node = node.items[Number(key)];
    else return undefined;
  }
  return reader.target(node);
}

/** The range for `path`; where the path leaves the document, the key of the last mapping on the way, else that node. */
export function locate(reader: Reader, root: Node, path: Path, part: 'key' | 'value'): Range {
  let node: unknown = root;
  let place: Range = firstOf(root);
  for (const [index, key] of path.entries()) {
    node = reader.target(node);
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = pairOf(node, key);
      if (!pair) return place;
      const keyRange = rangeOfNode(pair.key) ?? place;
      node = pair.value;
      const valueRange = rangeOfNode(node);
      const empty = isScalar(node) && node.value === null && (node.source ?? '') === '';
      // A collection is pointed at by its key: its own range can be a hundred lines.
      const useKey = valueRange === undefined || empty || (last ? part === 'key' || isMap(node) || isSeq(node) : true);
      place = useKey ? keyRange : valueRange;
    } else if (isSeq(node)) {
      if (node.items[Number(key)] === undefined) return place;
      node = node.items[Number(key)];
      const target = reader.target(node);
      place = isAlias(node)
        ? rangeOfNode(node)!
        : isMap(target) || isSeq(target)
          ? firstOf(target)
          : (rangeOfNode(node) ?? place);
    } else return place;
  }
  return place;
}

/** A collection without a key of its own (the document, a list item) is pointed at by its first key or item. */
function firstOf(node: Node): Range {
  if (isMap(node) && node.items[0]) return rangeOfNode(node.items[0].key) ?? rangeOfNode(node)!;
  if (isSeq(node) && node.items[0] && !isMap(node.items[0]) && !isSeq(node.items[0]))
    return rangeOfNode(node.items[0]) ?? rangeOfNode(node)!;
  const range = rangeOfNode(node) ?? [0, 0];
  return isScalar(node) ? range : [range[0], Math.min(range[0] + 1, range[1])];
}
