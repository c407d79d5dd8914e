/** A dense Aho–Corasick table over all keywords: one integer of state, one table read a character. */
export interface Automaton {
  /** Character code to class; 0 for characters no keyword has. */
  readonly classOf: Uint8Array
  /** `next[(state << shift) | class]`. */
  readonly next: Uint16Array
  readonly shift: number
  /** States from here on end at least one keyword. */
  readonly firstHit: number
  /** Keyword indexes ending in a state, longest first; index by `state - firstHit`. */
  readonly hits: readonly Int32Array[]
  /** Characters before the position that may still become a keyword of a holding rule. */
  readonly holdDepth: Uint8Array
  readonly states: number
}

interface Node {
  readonly children: Map<number, number>
  fail: number
  depth: number
  keywords: number[]
  holds: boolean
}

/** Builds the table. `holds[i]` tells whether text must be held back for keyword `i`. Keywords are lower-case. */
export function buildAutomaton(keywords: readonly string[], holds: readonly boolean[]): Automaton {
  const { classOf, classes } = classesOf(keywords)
  const nodes = buildTrie(keywords, holds, classOf)
  const order = linkFailures(nodes)
  const shift = Math.max(1, Math.ceil(Math.log2(classes)))
  const quiet = order.filter(id => nodes[id]!.keywords.length === 0)
  const loud = order.filter(id => nodes[id]!.keywords.length > 0)
  const place = new Int32Array(nodes.length)
  for (const [at, id] of [...quiet, ...loud].entries()) place[id] = at
  if (nodes.length > 65_535) throw new RangeError('too many keyword states')
  const next = new Uint16Array(nodes.length << shift)
  const holdDepth = new Uint8Array(nodes.length)
  for (const id of order) fillState(nodes, id, place, next, shift, classes, holdDepth)
  return {
    classOf,
    next,
    shift,
    firstHit: quiet.length,
    hits: loud.map(id => Int32Array.from(nodes[id]!.keywords)),
    holdDepth,
    states: nodes.length,
  }
}

/** Most frequent first, so that what a text mostly needs of a state's row lies in one cache line. */
const FREQUENT = ' etaoinshrdlucmwfgypbvkxjqz'

function classesOf(keywords: readonly string[]): { classOf: Uint8Array; classes: number } {
  const classOf = new Uint8Array(65_536)
  let classes = 1
  const used = new Set(keywords.join(''))
  for (const keyword of [...FREQUENT].filter(char => used.has(char)).concat(keywords))
    for (let i = 0; i < keyword.length; i++) {
      const code = keyword.charCodeAt(i)
      if (classOf[code] !== 0) continue
      if (classes === 255) throw new RangeError('too many keyword characters')
      classOf[code] = classes++
      const upper = keyword[i]!.toUpperCase()
      if (upper.length === 1) classOf[upper.charCodeAt(0)] = classOf[code]!
    }
  return { classOf, classes }
}

function buildTrie(keywords: readonly string[], holds: readonly boolean[], classOf: Uint8Array): Node[] {
  const nodes: Node[] = [{ children: new Map(), fail: 0, depth: 0, keywords: [], holds: false }]
  for (const [index, keyword] of keywords.entries()) {
    let at = 0
    for (let i = 0; i < keyword.length; i++) {
      const cls = classOf[keyword.charCodeAt(i)]!
      let child = nodes[at]!.children.get(cls)
      if (child === undefined) {
        child = nodes.length
        nodes.push({ children: new Map(), fail: 0, depth: i + 1, keywords: [], holds: false })
        nodes[at]!.children.set(cls, child)
      }
      at = child
      if (holds[index]) nodes[at]!.holds = true
    }
    nodes[at]!.keywords.push(index)
  }
  return nodes
}

/** Breadth first, so that a node's failure link is complete before its children need it. */
function linkFailures(nodes: Node[]): number[] {
  const order = [0]
  for (let head = 0; head < order.length; head++) {
    const id = order[head]!
    const node = nodes[id]!
    for (const [cls, child] of node.children) {
      order.push(child)
      let fail = node.fail
      while (id !== 0 && fail !== 0 && !nodes[fail]!.children.has(cls)) fail = nodes[fail]!.fail
      const target = id === 0 ? 0 : (nodes[fail]!.children.get(cls) ?? 0)
      nodes[child]!.fail = target
      nodes[child]!.keywords.push(...nodes[target]!.keywords)
    }
  }
  return order
}

function fillState(
  nodes: readonly Node[],
  id: number,
  place: Int32Array,
  next: Uint16Array,
  shift: number,
  classes: number,
  holdDepth: Uint8Array,
): void {
  const node = nodes[id]!
  const row = place[id]! << shift
  const failRow = place[node.fail]! << shift
  for (let cls = 0; cls < classes; cls++) {
    const child = node.children.get(cls)
    next[row | cls] = child !== undefined ? place[child]! : id === 0 ? 0 : next[failRow | cls]!
  }
  holdDepth[place[id]!] = node.holds ? node.depth : id === 0 ? 0 : holdDepth[place[node.fail]!]!
}
