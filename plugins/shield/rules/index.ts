import type { Rule } from '../engine/types.ts'
import { ACTIONS, TEXT_COMMANDS } from './actions.ts'
import { EXTRACTION } from './extraction.ts'
import { OVERRIDES } from './injection.ts'
import { JAILBREAKS } from './jailbreak.ts'
import { PII } from './pii.ts'
import { GENERIC } from './secrets-generic.ts'
import { SERVICES } from './secrets-services.ts'
import { TOKENS } from './secrets-tokens.ts'
import { STRUCTURE } from './structure.ts'
import { THEFT } from './theft.ts'

/** Every built-in rule, one pack per family. */
export const RULES: readonly Rule[] = [
  ...TOKENS,
  ...SERVICES,
  ...GENERIC,
  ...PII,
  ...OVERRIDES,
  ...EXTRACTION,
  ...JAILBREAKS,
  ...STRUCTURE,
  ...THEFT,
  ...ACTIONS,
  ...TEXT_COMMANDS,
]
