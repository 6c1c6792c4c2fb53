// One line of an access log cut into its parts, by where brackets and quotes stand. Takes the text, gives the parts as
// they were logged: what a server escaped (`\"`, `\x16`) stays escaped.

export interface Line {
  /** What stands before the time. */
  readonly front: string;
  readonly time: string;
  readonly request: string;
  readonly status: string;
  readonly bytes: string;
  readonly referrer: string;
  readonly agent: string;
  /** Further fields behind the size, in order; `-` and empty ones left out. */
  readonly further: readonly FurtherField[];
}

export interface FurtherField {
  /** Name where the log writes `name=value`; else empty. */
  readonly name: string;
  readonly value: string;
}

const statusAndSize = / (\d{1,3}|-) (\d{1,19}|-)(?= |$)/y;
const maxFront = 2048;
const maxTime = 48;
const maxFurther = 32;

/** A line without the quotes that a spreadsheet or an export put around the whole of it. */
function unwrapped(text: string): string {
  // A field of its own in front of the time is quoted too, but ends there.
  const isWrapped = text.startsWith('"') && text.endsWith('"') && text.indexOf('"', 1) > text.indexOf(' [');
  if (!isWrapped) return text;
  const inside = text.slice(1, -1);
  return inside.includes('] ""') ? inside.replaceAll('""', '"') : inside;
}

/** The parts of a line; null when it is no line of an access log. */
export function lineOf(given: string): Line | null {
  const text = unwrapped(given);
  const close = text.indexOf('] "');
  // The last bracket: a client chooses the user name it is refused under, and may put a bracket in it.
  const open = close < 0 ? -1 : text.lastIndexOf(' [', close);
  if (open < 1 || open > maxFront || close - open > maxTime) return null;
  const ending = requestEnd(text, close + 2);
  if (ending === null) return null;
  return {
    front: text.slice(0, open),
    time: text.slice(open + 2, close),
    request: text.slice(close + 3, ending.quoteAt),
    status: ending.status,
    bytes: ending.bytes,
    ...fieldsOf(text.slice(ending.endAt)),
  };
}

interface RequestEnd {
  readonly quoteAt: number;
  readonly status: string;
  readonly bytes: string;
  readonly endAt: number;
}

/** Where the request ends: at a quote that status and size follow. Tomcat escapes none, so an escaped one may be it. */
function requestEnd(text: string, from: number): RequestEnd | null {
  let escaped: RequestEnd | null = null;
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    statusAndSize.lastIndex = at + 1;
    const match = statusAndSize.exec(text);
    if (match === null) continue;
    const [, status = '', bytes = ''] = match;
    const end = { quoteAt: at, status, bytes, endAt: statusAndSize.lastIndex };
    if (!isEscaped(text, at)) return end;
    escaped ??= end;
  }
  return escaped;
}

/** What stands behind the size: the first two quoted fields without a name are referrer and user agent. */
function fieldsOf(text: string): Pick<Line, 'referrer' | 'agent' | 'further'> {
  const quoted: string[] = [];
  const further: FurtherField[] = [];
  for (let at = 0; at < text.length && further.length < maxFurther; ) {
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const { name, valueAt } = nameAt(text, at);
    const isQuoted = text[valueAt] === '"';
    const end = isQuoted ? quoteEnd(text, valueAt) : wordEnd(text, valueAt);
    const value = text.slice(isQuoted ? valueAt + 1 : valueAt, end);
    at = isQuoted ? end + 1 : end;
    if (isQuoted && name === '' && quoted.length < 2) quoted.push(value === '-' ? '' : value);
    else if (value !== '' && value !== '-') further.push({ name, value });
  }
  const [first = '', second] = quoted;
  if (second !== undefined) return { referrer: first, agent: second, further };
  const isReferrer = /^https?:\/\//i.test(first);
  return { referrer: isReferrer ? first : '', agent: isReferrer ? '' : first, further };
}

const fieldName = /([A-Za-z][\w-]{0,39})[=:](?=")|([A-Za-z][\w-]{0,39})=/y;

function nameAt(text: string, at: number): { readonly name: string; readonly valueAt: number } {
  if (text[at] === '"') return { name: '', valueAt: at };
  fieldName.lastIndex = at;
  const match = fieldName.exec(text);
  return match === null
    ? { name: '', valueAt: at }
    : { name: match[1] ?? match[2] ?? '', valueAt: at + match[0].length };
}

/** Place of the quote that ends a field: not escaped, and a blank or the end behind it, as Tomcat escapes none. */
function quoteEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    if ((end + 1 === text.length || text[end + 1] === ' ') && !isEscaped(text, end)) return end;
  }
  return text.length;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

function wordEnd(text: string, from: number): number {
  const end = text.indexOf(' ', from);
  return end < 0 ? text.length : end;
}
