/** Building blocks of the phrase patterns. All bounded, and what repeats never overlaps with what separates it. */

/** Between two words of a phrase. */
export const GAP = '[^\\w\\n]{1,4}'
/** Up to `count` words of any kind, each followed by a gap; as few as possible. */
export const some = (count: number): string => `(?:[\\w']{1,18}[^\\w]{1,4}){0,${count}}?`
export const any = (words: string): string =>
  `(?:${words
    .trim()
    .split(/\s*\|\s*/)
    .join('|')})`

/** What instructions are called. */
export const ORDERS = any(
  'instructions? | instruction set | prompts? | prompting | rules? | directions? | directives? | guidelines? | guidance | commands? | orders? | constraints? | restrictions? | limitations? | programming | polic(?:y|ies) | safeguards? | guardrails? | protocols? | filters? | training | restraints | requirements | parameters | boundaries | instrucctions | intructions | instuctions',
)
/** What came before, called loosely. */
export const TEXTS = any(
  'text | texts | messages? | conversation | context | words? | sentences? | tasks? | questions? | inputs? | information | statements? | content | sentence | paragraphs? | assignments? | requests? | part | stuff | output | examples? | thing | things | discussion | dialogue | chat',
)
export const EARLIER = any(
  'previous | previously | prior | above | earlier | preceding | foregoing | former | past | last | before | initial | original | existing | old | first | precedent | previos | preceeding',
)
export const SCOPE = any(
  `all | any | every | your | these | those | previous | previously | prior | above | earlier | preceding | foregoing | former | past | last | initial | original | existing | old | other | system | safety | security | content | ethical | current | given | such | own | openai | developer`,
)

/** A rule keyword list from one line. */
export const list = (words: string): string[] => words.trim().split(/\s*\|\s*/)
