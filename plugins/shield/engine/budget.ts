import type { RuleSet } from './ruleset.ts'
import type { Limits, Match } from './types.ts'

/** What all views of one text share: the rules, the matches found so far and what may still be spent. */
export class Budget {
  readonly set: RuleSet
  readonly limits: Limits
  readonly matches: Match[] = []
  characters = 0
  places = 0
  views = 0
  /** Characters of slices that were judged. */
  read = 0
  /** How the text says it is to be read: bits of `disguise.ts`. */
  announced = 0
  /** Original offset at which a limit was reached; -1 while none was. */
  truncatedAt = -1

  constructor(set: RuleSet, limits: Limits) {
    this.set = set
    this.limits = limits
  }

  spendCharacters(count: number, at: number): boolean {
    this.characters += count
    return this.characters <= this.limits.characters || this.exhausted(at)
  }

  spendPlace(at: number): boolean {
    return ++this.places <= this.limits.places || this.exhausted(at)
  }

  spendView(at: number): boolean {
    return ++this.views <= this.limits.views || this.exhausted(at)
  }

  private exhausted(at: number): false {
    if (this.truncatedAt < 0) this.truncatedAt = at
    return false
  }
}
