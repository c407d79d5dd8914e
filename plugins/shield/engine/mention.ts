/** Words before a quoted or fenced passage that talk about it rather than say it. */
const TALK =
  /\b(?:phrases?|sentences?|words?|strings?|terms?|messages? (?:like|such as|saying)|examples?|e\.g|such as|for instance|called|named|titled|means?|meaning|explain(?:s|ed)?|describes?|translate|summari[sz]e|paraphrase|rewrite|proofread|detect(?:s|ing)?|classif(?:y|ier|ies)|recogni[sz]e|block(?:s|ed)?|filter(?:s|ed)?|attack(?:s|ers?)?|payloads?|inject(?:ion|ed)s?|jailbreaks?|prompts? (?:like|such as)|what (?:does|is|are)|beispiel|bedeutet|ejemplo|significa|exemple|signifie)\b/i
/** A question about the passage rather than the passage as an order. */
const QUESTION =
  /(?:\b(?:how (?:do|does|can|could|should|to)|why (?:do|does|did|is|are)|when (?:should|do)|is it (?:ok|okay|safe|possible|wrong|bad)|should i|can i|could i|may i|do i|did i|does it)\b[^.!?\n]{0,40})$/i
const NEGATED =
  /\b(?:do not|don't|never|must not|should not|shouldn't|cannot|can't|won't|refuse to|not to|tried to|try to|attempts? to|trying to|if (?:someone|anyone|a user|users?|they|he|she|somebody))\b[^.!?\n]{0,24}$/i

/**
 * How much a passage counts that is mentioned rather than used: 1 when it is used. A quote alone is weak evidence, because
 * attackers quote too; a quote together with talk about it is strong.
 */
export function judgeMention(before: string, slice: string, end: number, fenced: boolean): number {
  if (before === '') return 1
  const quoted = opensQuote(before, slice, end)
  const talk = TALK.test(before)
  if ((quoted || fenced) && talk) return 0.15
  if (QUESTION.test(before)) return 0.3
  if (NEGATED.test(before)) return 0.5
  return quoted || fenced ? 0.85 : 1
}

const QUOTES = '"\'`'

function opensQuote(before: string, slice: string, end: number): boolean {
  const last = before.trimEnd().slice(-1)
  if (last !== '' && QUOTES.includes(last)) return true
  const line = before.slice(before.lastIndexOf('\n') + 1)
  for (const quote of '"`') {
    const count = line.split(quote).length - 1
    if (count % 2 === 1 && slice.indexOf(quote, end) >= 0) return true
  }
  return false
}
