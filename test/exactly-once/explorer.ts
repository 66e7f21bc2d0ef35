/** Something that can happen in a state, and the state it leads to. */
export interface Move<State> {
  readonly label: string
  readonly next: State
}

/** A system whose every behaviour is looked at. States are plain JSON values, and equal when their JSON is. */
export interface Model<State> {
  readonly initial: State
  /** What can happen next; none in a final state. */
  readonly moves: (state: State) => ReadonlyArray<Move<State>>
  /** What is wrong in this state; `isFinal`: nothing can happen any more. */
  readonly problem: (state: State, isFinal: boolean) => string | undefined
}

export interface Exploration<State> {
  /** Different states reached. */
  readonly states: number
  readonly finalStates: number
  /** The first wrong state that was found, by one of the shortest ways there. */
  readonly counterexample:
    | { readonly problem: string; readonly way: ReadonlyArray<string>; readonly state: State }
    | undefined
}

interface Visit {
  readonly from: string | undefined
  readonly label: string
}

const wayTo = (key: string, visits: ReadonlyMap<string, Visit>): ReadonlyArray<string> => {
  const way: Array<string> = []
  for (let visit = visits.get(key); visit?.from !== undefined; visit = visits.get(visit.from)) way.unshift(visit.label)
  return way
}

/**
 * Looks at every state that can be reached, breadth first, until one is wrong. Throws when there are more than
 * `maxStates`: a search that was cut short proves nothing.
 */
export const explore = <State>(model: Model<State>, maxStates: number): Exploration<State> => {
  const firstKey = JSON.stringify(model.initial)
  const visits = new Map<string, Visit>([[firstKey, { from: undefined, label: "" }]])
  const queue: Array<string> = [firstKey]
  let finalStates = 0
  for (let at = 0; at < queue.length; at++) {
    const key = queue[at] ?? ""
    const state = JSON.parse(key) as State
    const moves = model.moves(state)
    if (moves.length === 0) finalStates++
    const problem = model.problem(state, moves.length === 0)
    if (problem !== undefined) {
      return { states: visits.size, finalStates, counterexample: { problem, way: wayTo(key, visits), state } }
    }
    for (const { label, next } of moves) {
      const nextKey = JSON.stringify(next)
      if (visits.has(nextKey)) continue
      visits.set(nextKey, { from: key, label })
      queue.push(nextKey)
    }
    if (visits.size > maxStates) throw new Error(`more than ${maxStates} states`)
  }
  return { states: visits.size, finalStates, counterexample: undefined }
}
