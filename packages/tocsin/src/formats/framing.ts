// Cuts text into records where a record is not a line: JSON objects wherever they stand, CSV rows with quoted line
// ends. Text goes in by blocks of whole lines; what is unfinished waits for the next block, within a bound.

export interface RecordCutter {
  readonly push: (text: string) => Iterable<string>;
  /** What was left unfinished, as a record of its own. */
  readonly end: () => Iterable<string>;
}

/**
 * Top-level JSON objects: NDJSON, a sequence of pretty-printed objects, or the elements of one array. Text between
 * objects that is no separator comes out as a record, so that it is counted and rejected. An object that breaks off is
 * a record of its own and does not swallow the next.
 */
export class JsonValues implements RecordCutter {
  readonly #limit: number;
  #text = '';
  /** Every object so far stood on a line of its own: then a line that begins with one ends the one before. */
  #isByLine: boolean | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  *push(text: string): Generator<string> {
    this.#text += text;
    yield* this.#cut();
    while (this.#text.length > this.#limit) yield* this.#giveUpLine();
  }

  *end(): Generator<string> {
    while (this.#text.trim() !== '') yield* this.#giveUpLine();
    this.#text = '';
  }

  *#cut(): Generator<string> {
    let at = 0;
    while (at < this.#text.length) {
      const start = nextNonSeparator(this.#text, at);
      if (start < 0) {
        at = this.#text.length;
        break;
      }
      const isObject = this.#text[start] === '{';
      const end = isObject
        ? objectEnd(this.#text, start, this.#isByLine === true)
        : lineEnd(this.#text, start);
      if (end < 0) {
        at = start;
        break;
      }
      const record = this.#text.slice(start, end);
      if (isObject) this.#isByLine = this.#isByLine !== false && !record.trimEnd().includes('\n');
      yield record.trimEnd();
      at = end;
    }
    this.#text = this.#text.slice(at);
  }

  /** An object that never closes: its first line is a record, and what follows is looked at anew. */
  *#giveUpLine(): Generator<string> {
    const start = Math.max(0, nextNonSeparator(this.#text, 0));
    const end = lineEnd(this.#text, start);
    const line = this.#text.slice(start, end).trimEnd();
    this.#text = this.#text.slice(end);
    if (line !== '') yield line;
    yield* this.#cut();
  }
}

function nextNonSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    // white space, comma, [ and ]
    if (
      character > 0x20 &&
      character !== 0x2c &&
      character !== 0x5b &&
      character !== 0x5d &&
      character !== 0xfeff
    )
      return at;
  }
  return -1;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/**
 * Position after the object that begins at `from`; -1 while it is unfinished. It also ends where another begins in a
 * place no JSON has one: the object was cut.
 */
function objectEnd(text: string, from: number, isByLine: boolean): number {
  let depth = 0;
  let before = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character <= 0x20) continue;
    if (character === 0x22) {
      at = stringEnd(text, at);
      if (at < 0) return -1;
    } else if (character === 0x7b || character === 0x5b) {
      const isNested = before === 0x3a || before === 0x5b || before === 0x2c;
      const isNewLine = isByLine && text.charCodeAt(at - 1) === 0x0a;
      if (character === 0x7b && depth > 0 && (!isNested || isNewLine)) return at;
      depth += 1;
    } else if (character === 0x7d || character === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
    before = character;
  }
  return -1;
}

/** Position of the closing quote; a raw line end inside ends the string too, as JSON has none. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === 0x5c && text.charCodeAt(at + 1) !== 0x0a) at += 1;
    else if (character === 0x22 || character === 0x0a) return at;
  }
  return -1;
}

/** CSV rows (RFC 4180): a line end inside quotes belongs to the field. */
export class CsvRows implements RecordCutter {
  readonly #limit: number;
  #open = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  *push(text: string): Generator<string> {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      const row = this.#open === '' ? line : `${this.#open}\n${line}`;
      const quotes = countQuotes(row);
      if (quotes % 2 === 0 || row.length > this.#limit) {
        this.#open = '';
        yield row;
      } else {
        this.#open = row;
      }
    }
  }

  *end(): Generator<string> {
    const rest = this.#open;
    this.#open = '';
    if (rest !== '') yield rest;
  }
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count += 1;
  return count;
}
