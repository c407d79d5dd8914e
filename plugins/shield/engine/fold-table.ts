/** What folding does with a BMP character: keep it, drop it, or put an ASCII character in its place (the value itself). */
export const KEEP = 0
export const DROP = 1
/** Variation selectors 1–16, which can carry bytes. */
export const SELECTOR = 2
/** Right-to-left override: what follows reads backwards up to its end mark. */
export const REVERSE = 3
/** Pop directional formatting: ends an override. */
export const POP = 4
/** First half of a surrogate pair. */
export const HIGH = 5

/** Characters without width or meaning of their own, as ranges. */
const IGNORABLE: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x202a, 0x202b],
  [0x202d, 0x202d],
  [0x2060, 0x206f],
  [0x20d0, 0x20ff],
  [0x3164, 0x3164],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
]

/** Ranges whose compatibility decomposition yields the plain letter. */
const DECOMPOSED: readonly (readonly [number, number])[] = [
  [0x00c0, 0x024f],
  [0x1e00, 0x1eff],
  [0x2070, 0x209c],
  [0x2100, 0x214f],
  [0x2460, 0x24ff],
  [0xff01, 0xff5e],
]

/** Look-alikes of ASCII letters in other scripts, pairwise: look-alike, letter. Never one to many. */
const LOOKALIKES = [
  'аaбbвbсcԁdеeёeғfһhіiїiјjкkԛqоoрpѕsтtмmнhгrпnսuѵvԝwхxуyүyАAВBСCЕEЁEНHІIЇIЈJКKМMОOРPЅSТTХXУYҮYԌGԚQԜWЬb',
  'αaβbεeηnικκkνvοoρpτtυuχxγyωwΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϲcϳjΧX',
  'ɑaɡgıiɩiʟlɴnʀrꜱsᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwʏyᴢzøoØOđdĐDħhłlŁLŧtßsæaþpðd',
  'օoսuոnհhցgզqաwԼLՏSՕOՍUᎪAᏴBᏟCᎠDᎬEᎻHᎫJᏦKᏞLᎷMᏢPᎡRᏚSᎢTᏙVᎳWᏃZ',
].join('')

const PUNCTUATION: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
  '«': '"',
  '»': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '―': '-',
  '−': '-',
  '…': '.',
  '⁄': '/',
  '∕': '/',
  '。': '.',
  '、': ',',
  '\u00a0': ' ',
  '\u1680': ' ',
  '\u202f': ' ',
  '\u205f': ' ',
  '\u3000': ' ',
  '\u2028': '\n',
  '\u2029': '\n',
  '\u0085': '\n',
}

/** The table for all BMP characters. */
export const FOLD: Uint8Array = buildFold()

function buildFold(): Uint8Array {
  const fold = new Uint8Array(65_536)
  for (const [from, to] of DECOMPOSED)
    for (let code = from; code <= to; code++) fold[code] = plainLetter(String.fromCharCode(code))
  for (let code = 0x2000; code <= 0x200a; code++) fold[code] = 32
  for (const [mark, plain] of Object.entries(PUNCTUATION)) fold[mark.charCodeAt(0)] = plain.charCodeAt(0)
  for (let i = 0; i + 1 < LOOKALIKES.length; i++) {
    const letter = LOOKALIKES.charCodeAt(i + 1)
    if (letter < 128 && LOOKALIKES.charCodeAt(i) > 127) fold[LOOKALIKES.charCodeAt(i)] = letter
  }
  for (const [from, to] of IGNORABLE) fold.fill(DROP, from, to + 1)
  fold.fill(SELECTOR, 0xfe00, 0xfe10)
  fold.fill(HIGH, 0xd800, 0xdc00)
  fold[0x202e] = REVERSE
  fold[0x202c] = POP
  return fold
}

/** The one ASCII character a compatibility form stands for, or KEEP. */
function plainLetter(char: string): number {
  const plain = char.normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
  const code = plain.charCodeAt(0)
  return plain.length === 1 && code > 32 && code < 127 ? code : KEEP
}

const MATHS = Uint8Array.from({ length: 0x400 }, (_, i) => plainLetter(String.fromCodePoint(0x1d400 + i)))

/** The ASCII character an astral one stands for (mathematical, squared and regional letters), or KEEP. */
export function foldAstral(point: number): number {
  if (point >= 0x1d400 && point < 0x1d800) return MATHS[point - 0x1d400]!
  if (point >= 0x1f110 && point <= 0x1f129) return 65 + point - 0x1f110
  if (point >= 0x1f130 && point <= 0x1f149) return 65 + point - 0x1f130
  if (point >= 0x1f150 && point <= 0x1f169) return 65 + point - 0x1f150
  if (point >= 0x1f170 && point <= 0x1f189) return 65 + point - 0x1f170
  return KEEP
}
